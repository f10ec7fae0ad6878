"""Both lanes give the same bytes and have the same effects, whatever a client sends."""

import os
from random import Random

import pytest

from tests.api.otlp import mock, mocked
from tests.fastlane.conversations import OF_CAPTURE, OF_RULES, STRICT, conversation
from tests.fastlane.talk import told
from tests.servers import Replica

CONVERSATIONS = int(os.environ.get("SOFTPROBE_TEST_CONVERSATIONS", "120"))
RULES = [
    mock({"path": "/a"}, status=201, headers={"x-a": "1"}, body={"ok": True}),
    mock({"path": "/b"}, body="//4AQcco", bodyEncoding="base64"),
    mock({"headers": {"x-one": "upper"}}, body="by header"),
    mock({"bodyJsonPathEquals": {"$.id": 7}}, body="by body"),
    mock({"method": "HEAD"}, body="no body"),
    mock({"service": "shop"}, status=404),
    {**mock({"path": "/once"}), "consume": "once"},
    {"when": {"direction": "inbound"}, "then": {"action": "passthrough"}, "priority": 5},
]
STRICT_POLICY = {"externalHttp": "strict", "allowHosts": ["other.example"]}


def _sessions(replica: Replica) -> dict[str, str]:
    """Sessions for the names in a conversation."""
    return {
        OF_RULES: mocked(replica, *RULES),
        OF_CAPTURE: replica.create("capture"),
        STRICT: mocked(replica, RULES[0], policy=STRICT_POLICY),
    }


def _state(replica: Replica, names: dict[str, str]) -> list[object]:
    """What the store holds of the sessions that a caller can see."""
    held: list[object] = []
    for session_id in names.values():
        session = replica.get(f"/v1/sessions/{session_id}").json()
        held.append({name: session[name] for name in ("sessionRevision", "mode", "stats")})
    return held


@pytest.mark.parametrize("seed", range(4))
def test_both_lanes_answer_every_conversation_with_the_same_bytes(
    lanes: dict[str, Replica], seed: int
) -> None:
    """Plain, odd, broken, pipelined, cut anywhere; and the sessions end up the same."""
    random = Random(seed)
    sessions = {lane: _sessions(replica) for lane, replica in lanes.items()}
    for number in range(CONVERSATIONS):
        sent = conversation(random)
        fast, plain = (told(lanes[lane], sent, sessions[lane]) for lane in ("on", "off"))
        assert fast == plain, (seed, number, sent)
    states = [_state(lanes[lane], names) for lane, names in sessions.items()]
    assert states[0] == states[1]


def test_the_fast_lane_has_served_them(lanes: dict[str, Replica]) -> None:
    """Else both replicas had gone the same way."""
    session_id = mocked(lanes["on"])
    random = Random(1)
    for _ in range(CONVERSATIONS):
        sent = conversation(random)
        for replica in lanes.values():
            told(replica, sent, {OF_RULES: session_id})
    calls = {lane: replica.get("/metrics").body for lane, replica in lanes.items()}
    assert b'softprobe_store_call_duration_seconds_count{call="confirm_hops"}' in calls["on"]
    assert b'call="confirm_hops"' not in calls["off"]

"""What of a case is a recording, and how cases and the rules that replay them come together."""

import base64

import pytest

from tests.api import otlp
from tests.api.otlp import hit, hop
from tests.api.replay import BODY, STATUS, case, load, recorded, replay, replaying, said
from tests.api.test_envelope import assert_envelope
from tests.servers import Replica


@pytest.mark.parametrize(
    "marks",
    [
        {"sp.span.type": "inject"},
        {"sp.body.truncated": True},
        {"sp.body.truncated": "true"},
        {STATUS: ""},
        {STATUS: 0},
    ],
)
def test_a_span_that_is_no_recording_answers_nothing(
    runtime: Replica, marks: dict[str, object]
) -> None:
    """An inject question, a truncated body, no status."""
    session_id = replaying(runtime, case({**recorded(hop(), "x"), **marks}))
    assert said(runtime, session_id, hop()) is None


def test_a_trace_that_otlp_cannot_read_is_refused_at_its_place(runtime: Replica) -> None:
    """Nothing of the case is loaded, and the one before it stands."""
    session_id = replaying(runtime, case(recorded(hop(), "old")))
    document = case(recorded(hop(), "new"), recorded(hop(), "newer"))
    span = document["traces"][1]["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span["attributes"][0]["value"] = {"intValue": "abc"}
    answer = runtime.post(f"/v1/sessions/{session_id}/load-case", document)
    assert_envelope(answer, 400, "invalid_body")
    place = "/traces/1/resourceSpans/0/scopeSpans/0/spans/0/attributes/0/value/intValue"
    assert [detail["path"] for detail in answer.json()["details"]] == [place]
    assert said(runtime, session_id, hop()) == "old"


def test_a_recording_without_a_direction_answers_hops_of_any(runtime: Replica) -> None:
    """But one with a direction answers only that."""
    bare = {key: value for key, value in hop().items() if key != "sp.traffic.direction"}
    session_id = replaying(runtime, case(recorded(bare, "any")))
    for direction in ("inbound", "outbound"):
        asked = {**bare, "sp.traffic.direction": direction}
        assert said(runtime, session_id, asked) == "any"
    session_id = replaying(runtime, case(recorded(hop(), "out")))
    assert said(runtime, session_id, {**hop(), "sp.traffic.direction": "inbound"}) is None


def test_rules_that_ignore_something_new_find_a_case_that_was_loaded_before(
    runtime: Replica,
) -> None:
    """The index for it is made from the stored case before the call answers."""
    session_id = replaying(runtime, case(recorded(hop(path="/p?n=1"), "found")))
    asked = hop(path="/p?n=2")
    assert said(runtime, session_id, asked) is None
    rules = {"rules": [replay({"query": ["n"]})]}
    assert runtime.post(f"/v1/sessions/{session_id}/rules", rules).status == 200
    assert said(runtime, session_id, asked) == "found"


def test_a_case_brings_its_own_replay_rules(runtime: Replica) -> None:
    """With what they ignore."""
    rules = [replay({"query": ["n"]})]
    session_id = runtime.create("replay")
    load(runtime, session_id, case(recorded(hop(path="/p?n=1"), "found"), rules=rules))
    assert said(runtime, session_id, hop(path="/p?n=2")) == "found"


def test_without_a_recording_that_agrees_a_rule_is_as_if_absent(runtime: Replica) -> None:
    """The next rule answers, or the policy."""
    mock = otlp.mock({"path": "/mocked"}, body="mock")
    session_id = otlp.mocked(runtime, mock, replay(priority=1), policy={"externalHttp": "strict"})
    load(runtime, session_id, case(recorded(hop(path="/recorded"), "recording")))
    assert said(runtime, session_id, hop(path="/recorded")) == "recording"
    assert said(runtime, session_id, hop(path="/mocked")) == "mock"
    assert hit(otlp.ask(runtime, session_id, hop(path="/else")))[STATUS] == 599
    stats = otlp.stats(runtime, session_id)
    assert (stats["injectedSpans"], stats["strictMisses"]) == (2, 1)


def test_rules_that_answer_once_are_renewed_by_their_own_document_alone(runtime: Replica) -> None:
    """A session's rules by new rules, a case's by loading it again, neither by a policy."""
    own = {"rules": [otlp.mock({}, body="own") | {"consume": "once"}]}
    loaded = case(recorded(hop(), "1"), recorded(hop(), "2"), recorded(hop(), "3"))
    loaded["rules"] = [replay(), replay(consume="once", priority=2)]
    session_id = runtime.create("replay")
    path = f"/v1/sessions/{session_id}"
    documents: list[tuple[str, object, list[str]]] = [
        ("rules", own, ["own"]),
        ("load-case", loaded, ["1", "2", "3", "3"]),
        ("rules", own, ["3", "own", "3"]),
        ("policy", {}, ["3"]),
        ("load-case", loaded, ["1", "2", "3", "3"]),
    ]
    for call, document, right in documents:
        assert runtime.post(f"{path}/{call}", document).status == 200
        found = [said(runtime, session_id, hop()) for _ in right]
        assert sorted(map(str, found)) == sorted(right), call


def test_a_large_answer_is_replayed_byte_for_byte(runtime: Replica) -> None:
    """Compressed or not on its way."""
    octets = bytes(range(256)) * 8000
    body = base64.b64encode(octets).decode()
    large = recorded(hop(), body, **{f"{BODY}.encoding": "base64"})
    session_id = replaying(runtime, case(large))
    assert otlp.body_of(hit(otlp.ask(runtime, session_id, hop()))) == octets

"""Keys that somebody else wrote over: told once in the log, and nothing of it to the caller."""

import json
from collections.abc import Iterator

import pytest
import redis

from app.store.keys import session_keys
from tests.api import otlp
from tests.api.test_envelope import assert_envelope
from tests.servers import Replica, Valkey


@pytest.fixture
def overwritten(runtime: Replica, store: Valkey) -> Iterator[str]:
    """A session whose key holds a string."""
    session_id = otlp.mocked(runtime)
    key = session_keys("default", session_id).session
    with redis.Redis(port=store.port) as client:
        client.set(key, "mine", ex=60)
        yield session_id
        client.delete(key)


def told(replica: Replica) -> int:
    """How many faults its log tells of."""
    lines = (json.loads(x) for x in replica.log.read_text().splitlines() if x.startswith("{"))
    return sum(line["event"] in ("internal error", "store unavailable") for line in lines)


@pytest.mark.parametrize("call", ["", "/stats", "/rules", "rules", "close", "inject"])
def test_a_key_of_another_type_is_an_error_without_a_trace(
    runtime: Replica, overwritten: str, call: str
) -> None:
    """One log line has it, whichever call meets the key."""
    before = told(runtime)
    path = f"/v1/sessions/{overwritten}"
    if call == "inject":
        answer = otlp.ask(runtime, overwritten, otlp.hop())
    elif call in ("", "/stats", "/rules"):
        answer = runtime.get(path + call)
    else:
        answer = runtime.post(f"{path}/{call}", otlp.MOCK_EVERYTHING if call == "rules" else None)
    names = {500: "internal_error", 503: "store_unavailable"}
    assert_envelope(answer, answer.status, names[answer.status])
    for word in (b"Traceback", b"WRONGTYPE", b"redis"):
        assert word not in answer.body
    assert told(runtime) == before + 1

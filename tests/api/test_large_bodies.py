"""Large bodies: whatever has to be known of one, other calls of the replica go on meanwhile."""

import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api import otlp
from tests.api.otlp import PROTOBUF, encoded, hop, mock, mocked, observed, question
from tests.api.replay import case, recorded, replay
from tests.servers import Replica, Response
from tests.unit.otlp import payloads

MIB = 2**20
POSTED = hop("POST", "/v1")


def many(unit: bytes, size: int) -> bytes:
    """A JSON array of about this size."""
    return b"[" + b",".join([unit] * (size // (len(unit) + 1))) + b"]"


BODIES = {"ones": many(b"1", MIB), "objects": many(b'{"a":{}}', 5 * MIB // 2)}


def gzipped(body: bytes) -> dict[str, object]:
    """A hop with a gzipped body, which is small on its way."""
    coding = {"http.request.header.content-encoding": "gzip"}
    return POSTED | coding | {"http.request.body": gzip.compress(body, 9)}


def beside(replica: Replica, call: Callable[[], Response]) -> tuple[Response, int]:
    """A call's answer, and how many calls were answered while it was under way."""
    answered = 0
    with ThreadPoolExecutor() as pool:
        under_way = pool.submit(call)
        while not under_way.done():
            answered += replica.get("/health").status == 200
    return under_way.result(), answered


def asked(replica: Replica, session_id: str, body: bytes) -> tuple[Response, int]:
    """As `beside`, of a question about a hop with this body, gzipped."""
    payload = encoded(question(session_id, gzipped(body)), PROTOBUF)
    return beside(replica, lambda: otlp.send(replica, "/v1/inject", payload, PROTOBUF))


@pytest.mark.parametrize("name", BODIES)
def test_a_fingerprint_of_very_many_values_keeps_no_call_waiting(
    runtime: Replica, name: str
) -> None:
    """It is the body's own, as that of a small one."""
    session_id = runtime.create("replay", policy={"externalHttp": "strict"})
    answer, answered = asked(runtime, session_id, BODIES[name])
    assert answer.status == 200
    assert answered >= 5


@pytest.mark.parametrize("name", BODIES)
def test_a_path_into_very_many_values_keeps_no_call_waiting(runtime: Replica, name: str) -> None:
    """Whether it finds something or not."""
    session_id = mocked(runtime, mock({"bodyJsonPath": "$[?@ == 7]"}, body="x"))
    answer, answered = asked(runtime, session_id, BODIES[name])
    assert answer.status == 404
    assert answered >= 5


@pytest.mark.parametrize("name", BODIES)
def test_a_large_body_is_found_again_and_keeps_no_call_waiting(runtime: Replica, name: str) -> None:
    """In another spelling, among recordings of others."""
    session_id, body = runtime.create("replay"), BODIES[name]
    sent = {"http.request.body": body.decode()}
    recordings = [recorded(POSTED, "other"), recorded(POSTED | sent, "found")]
    loaded = case(*recordings, rules=[replay()])
    assert runtime.post(f"/v1/sessions/{session_id}/load-case", loaded).status == 200
    answer, answered = asked(runtime, session_id, body.replace(b",", b", "))
    assert otlp.hit(answer)["http.response.body"] == "found"
    assert answered >= 5


@pytest.mark.parametrize("name", BODIES)
def test_redacting_a_large_body_keeps_no_call_waiting(runtime: Replica, name: str) -> None:
    """Though it is small on its way."""
    session_id = runtime.create("capture")
    redacting = {"redactHeaders": [], "redactBodyPaths": ["$..password"]}
    then = {"action": "capture_only", "captureOnly": redacting}
    rules = {"version": 1, "rules": [{"when": {}, "then": then}]}
    assert runtime.post(f"/v1/sessions/{session_id}/rules", rules).status == 200
    payload = encoded(payloads.traces(observed(session_id, gzipped(BODIES[name]))), PROTOBUF)
    answer, answered = beside(runtime, lambda: otlp.send(runtime, "/v1/traces", payload, PROTOBUF))
    assert otlp.export_result(answer) == (0, "")
    assert answered >= 5


def test_a_costly_path_over_a_small_body_keeps_no_call_waiting(runtime: Replica) -> None:
    """Nested wildcards over some hundred values, until the steps for the hop are used up."""
    path = "$..*[?@..*[?@..*[?@ == 2]]]"
    rules = [mock({"bodyJsonPath": path, "path": "/v1"}, body="x") for _ in range(3)]
    body = b"[" * 50 + many(b"[1]", 800) + b"]" * 50
    answer, answered = asked(runtime, mocked(runtime, *rules), body)
    assert answer.status == 404
    assert answered >= 5

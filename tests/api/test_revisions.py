"""Revisions: each accepted change adds one, and nothing else does."""

from collections.abc import Callable

import pytest

from tests.api import otlp
from tests.servers import Replica

CASE = {"version": "1", "caseId": "c", "traces": []}
CHANGES: dict[str, object] = {
    "load-case": CASE,
    "rules": {"rules": []},
    "policy": {"externalHttp": "allow"},
    "fixtures/auth": {"fixtures": []},
}
REFUSED: dict[str, list[tuple[object, int]]] = {
    "load-case": [
        (b"{", 400),
        ({}, 400),
        ({**CASE, "traces": {}}, 400),
        ({**CASE, "rules": [{"when": 1}]}, 422),
    ],
    "rules": [(b"", 400), ([], 400), ({"rules": [{}]}, 422), ({"version": 2, "rules": []}, 422)],
    "policy": [(b"x", 400), ({"externalHTTP": "strict"}, 400), ({"defaultOnMiss": "mock"}, 400)],
    "fixtures/auth": [(b"1", 400), ({"fixtures": [{"name": 1}]}, 400), ({"tokens": "t"}, 400)],
}


def revision(replica: Replica, session_id: str) -> int:
    """A session's revision now."""
    found: int = replica.get(f"/v1/sessions/{session_id}").json()["sessionRevision"]
    return found


def test_every_accepted_change_adds_exactly_one(runtime: Replica) -> None:
    """Also when it says the same as the one before."""
    session_id = runtime.create("replay")
    reported = [
        runtime.post(f"/v1/sessions/{session_id}/{call}", body).json()["sessionRevision"]
        for call, body in [*CHANGES.items(), *CHANGES.items()]
    ]
    assert reported == list(range(2, 10))
    assert revision(runtime, session_id) == 9


def test_a_session_created_with_a_policy_is_at_revision_one(runtime: Replica) -> None:
    """The policy holds from the start."""
    session_id = runtime.create("replay", policy={"externalHttp": "strict"})
    assert revision(runtime, session_id) == 1
    attributes = otlp.hit(otlp.ask(runtime, session_id, otlp.hop()))
    assert attributes["http.response.status_code"] == 599


@pytest.mark.parametrize(
    ("call", "body", "status"),
    [(call, body, status) for call, bodies in REFUSED.items() for body, status in bodies],
)
def test_a_refused_change_adds_nothing_and_leaves_what_was_there(
    runtime: Replica, call: str, body: object, status: int
) -> None:
    """Neither in the revision nor in the state."""
    session_id = otlp.mocked(runtime, policy={"externalHttp": "strict"})
    runtime.post(f"/v1/sessions/{session_id}/load-case", CASE)
    before = runtime.get(f"/v1/sessions/{session_id}").json()
    assert runtime.post(f"/v1/sessions/{session_id}/{call}", body).status == status
    assert runtime.get(f"/v1/sessions/{session_id}").json() == before
    assert runtime.get(f"/v1/sessions/{session_id}/rules").json() == otlp.MOCK_EVERYTHING


def _read(replica: Replica, session_id: str) -> None:
    for call in ("", "/stats", "/rules"):
        assert replica.get(f"/v1/sessions/{session_id}{call}").status == 200
    assert replica.get("/v1/sessions").status == 200


def _inject(replica: Replica, session_id: str) -> None:
    assert otlp.ask(replica, session_id, otlp.hop(path="/mocked")).status == 200
    assert otlp.ask(replica, session_id, otlp.hop(path="/other")).status == 404


def _extract(replica: Replica, session_id: str) -> None:
    assert otlp.upload(replica, otlp.observed(session_id)).status == 200


@pytest.mark.parametrize("use", [_read, _inject, _extract])
def test_reading_injecting_and_extracting_never_change_the_revision(
    runtime: Replica, use: Callable[[Replica, str], None]
) -> None:
    """Only the four mutating calls do."""
    session_id = otlp.mocked(runtime, otlp.mock({"path": "/mocked"}, body="x"))
    use(runtime, session_id)
    assert revision(runtime, session_id) == 2


def test_each_document_is_replaced_wholesale(runtime: Replica) -> None:
    """Nothing of the one before is left."""
    session_id = otlp.mocked(runtime, otlp.mock({"path": "/a"}), otlp.mock({"path": "/b"}))
    path = f"/v1/sessions/{session_id}"
    runtime.post(f"{path}/rules", {"rules": [otlp.mock({"path": "/c"})]})
    assert otlp.ask(runtime, session_id, otlp.hop(path="/a")).status == 404
    assert otlp.ask(runtime, session_id, otlp.hop(path="/c")).status == 200
    runtime.post(f"{path}/policy", {"externalHttp": "strict", "blockHosts": ["x"]})
    runtime.post(f"{path}/policy", {"internalHttp": "strict"})
    assert runtime.get(path).json()["policy"] == {"internalHttp": "strict"}
    embedded = {**CASE, "caseId": "one", "rules": [otlp.mock({"path": "/case"})]}
    runtime.post(f"{path}/load-case", embedded)
    assert otlp.ask(runtime, session_id, otlp.hop(path="/case")).status == 200
    runtime.post(f"{path}/load-case", {**CASE, "caseId": "two"})
    assert runtime.get(path).json()["case"] == {"caseId": "two", "traceCount": 0}
    assert otlp.ask(runtime, session_id, otlp.hop(path="/case")).status == 404

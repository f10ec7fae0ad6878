"""The audit of callers: who changed what, in the log and in the organisation's stream."""

import json
from typing import Any

import pytest

from app.http.audit import ACTIONS
from tests.hosted.crossing import BAD, GOOD
from tests.hosted.operator import Operator, bearing
from tests.servers import Replica, wait_until


@pytest.fixture(scope="module")
def key(operator: Operator) -> dict[str, str]:
    """A key of an organisation, with its id."""
    operator.org("acme")
    made: dict[str, str] = operator.ask("keys", "create", "--org", "acme", "--kind", "live")
    return made


def entries(operator: Operator, subject: str) -> list[dict[str, Any]]:
    """What the stream has on a session."""
    told = operator.ask("audit", "--org", "acme")
    return [entry for entry in told["entries"] if entry["subject"] == subject]


def lived(replica: Replica, key: str) -> tuple[str, list[str]]:
    """A session's whole life, and the ids of the requests that changed it."""
    answer = replica.post("/v1/sessions", {"mode": "replay"}, headers=bearing(key))
    session_id = answer.json()["sessionId"]
    requests = [answer.headers["x-request-id"]]
    for what, body in GOOD.items():
        path = f"/v1/sessions/{session_id}/{what}"
        if what != "close":
            assert replica.post(path, BAD, headers=bearing(key)).status >= 400
        answer = replica.post(path, body, headers=bearing(key))
        assert answer.status == 200
        requests.append(answer.headers["x-request-id"])
        assert replica.get("/v1/sessions", headers=bearing(key)).status == 200
    assert replica.post(f"/v1/sessions/{session_id}/close", headers=bearing(key)).status == 409
    return session_id, requests


def test_every_change_is_noted_once_and_nothing_else(
    pair: list[Replica], operator: Operator, key: dict[str, str]
) -> None:
    """With the key's id and the request's; reads and refused calls are not."""
    session_id, requests = lived(pair[0], key["key"])
    actions = ["session.create", "session.load-case", "session.rules", "session.policy"]
    actions += ["session.fixtures", "session.close"]
    wait_until(lambda: len(entries(operator, session_id)) >= len(actions), "the stream")
    noted = entries(operator, session_id)
    assert [entry["action"] for entry in noted] == actions
    assert [entry["requestId"] for entry in noted] == requests
    assert {entry["by"] for entry in noted} == {key["id"]}
    logged = [json.loads(line) for line in pair[0].log.read_text().splitlines() if line[:1] == "{"]
    told = [
        line for line in logged if line["event"] == "audit" and line["sp.session.id"] == session_id
    ]
    assert [line["action"] for line in told] == actions
    assert {(line["org"], line["key"]) for line in told} == {("acme", key["id"])}
    assert [line["request_id"] for line in told] == requests


def test_what_is_done_through_another_replica_is_in_the_same_stream(
    pair: list[Replica], operator: Operator, key: dict[str, str]
) -> None:
    """Both write to it."""
    sessions = [
        replica.post("/v1/sessions", {"mode": "replay"}, headers=bearing(key["key"])).json()
        for replica in pair
    ]
    for session in sessions:
        wait_until(lambda one=session: entries(operator, one["sessionId"]), "the entry")


def test_a_replica_that_ends_leaves_no_deed_behind(
    pair: list[Replica], operator: Operator, key: dict[str, str]
) -> None:
    """What a call has done just before is in the stream when it is gone."""
    with Replica(pair[0].folder, **_settings(pair[0])) as replica:
        made = [
            replica.post("/v1/sessions", {"mode": "replay"}, headers=bearing(key["key"])).json()
            for _ in range(20)
        ]
        assert replica.terminate() == 0
    noted = operator.ask("audit", "--org", "acme", "--count", "1000")["entries"]
    assert {one["sessionId"] for one in made} <= {entry["subject"] for entry in noted}


def _settings(replica: Replica) -> dict[str, str]:
    """Those of a replica, but for its address."""
    names = ("AUTH", "STORE_URL", "CAPTURE_CASE_PATH", "DATA_DIR")
    return {name.lower(): replica.environ[f"SOFTPROBE_{name}"] for name in names}


def test_every_call_that_changes_something_is_audited(pair: list[Replica]) -> None:
    """All of the control API's POSTs."""
    paths = pair[0].get("/openapi.json").json()["paths"]
    posts = {path for path, methods in paths.items() if "post" in methods}
    assert posts - {"/v1/inject", "/v1/traces"} == set(ACTIONS)

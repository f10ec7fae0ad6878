"""Every row of the error table, produced by a real request."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from app.errors import CATALOGUE
from app.store.keys import session_keys
from tests.api import otlp
from tests.api.conftest import TOKEN
from tests.api.otlp import UNKNOWN_SESSION
from tests.api.test_envelope import assert_envelope
from tests.servers import Replica, Response, Valkey, free_port

ORG = "default"


class Bench:
    """What the rows are produced with."""

    def __init__(self, runtime: Replica, guarded: Replica, store: Valkey, house: Path) -> None:
        self.runtime = runtime
        self.guarded = guarded
        self.store = store
        self.house = house

    @contextlib.contextmanager
    def raw_store(self) -> Iterator[Any]:
        """The store behind the replicas."""
        with redis.Redis(port=self.store.port) as client:
            yield client


@pytest.fixture
def bench(runtime: Replica, guarded: Replica, store: Valkey, house: Path) -> Bench:
    """Two replicas and their store."""
    return Bench(runtime, guarded, store, house)


def invalid_body(bench: Bench) -> Response:
    """A policy with an unknown key and a bad value."""
    session_id = bench.runtime.create("replay")
    policy = {"externalHttp": "lax", "extrenalAllowlist": []}
    return bench.runtime.post(f"/v1/sessions/{session_id}/policy", policy)


def invalid_mode(bench: Bench) -> Response:
    """A mode that is none of the three."""
    return bench.runtime.post("/v1/sessions", {"mode": "record"})


def unauthorized(bench: Bench) -> Response:
    """No token where one is needed."""
    return bench.guarded.get("/v1/sessions")


def session_not_found(bench: Bench) -> Response:
    """An id that never was."""
    return bench.runtime.get(f"/v1/sessions/{UNKNOWN_SESSION}")


def not_found(bench: Bench) -> Response:
    """A capture that never was."""
    return bench.runtime.get(f"/v1/captures/{UNKNOWN_SESSION}")


def method_not_allowed(bench: Bench) -> Response:
    """A session cannot be deleted."""
    return bench.runtime.call("DELETE", f"/v1/sessions/{UNKNOWN_SESSION}")


def session_closed(bench: Bench) -> Response:
    """A second close."""
    session_id = bench.runtime.create("replay")
    assert bench.runtime.post(f"/v1/sessions/{session_id}/close").status == 200
    return bench.runtime.post(f"/v1/sessions/{session_id}/close")


def body_too_large(bench: Bench) -> Response:
    """One byte more than 32 MiB."""
    return bench.runtime.post("/v1/sessions", b" " * (32 * 2**20 + 1))


def unsupported_media_type(bench: Bench) -> Response:
    """XML."""
    return bench.runtime.post("/v1/sessions", b"<x/>", headers={"content-type": "text/xml"})


def rule_validation_failed(bench: Bench) -> Response:
    """An unknown action in the second rule."""
    session_id = bench.runtime.create("replay")
    rules = [{"when": {}, "then": {"action": "passthrough"}}, {"when": {}, "then": {"action": "x"}}]
    return bench.runtime.post(f"/v1/sessions/{session_id}/rules", {"rules": rules})


def quota_exceeded(bench: Bench) -> Response:
    """A create where none is allowed."""
    url = f"redis://127.0.0.1:{bench.store.port}/6"
    with Replica(bench.house, store_url=url, quotas="open_sessions=0") as replica:
        return replica.post("/v1/sessions", {"mode": "replay"})


def internal_error(bench: Bench) -> Response:
    """A session whose stored policy someone has broken."""
    session_id = bench.runtime.create("replay")
    with bench.raw_store() as client:
        client.hset(session_keys(ORG, session_id).session, "policy", "{broken")
    return bench.runtime.get(f"/v1/sessions/{session_id}")


def store_unavailable(bench: Bench) -> Response:
    """A replica whose store is nowhere."""
    away = Replica(bench.house, store_url=f"redis://127.0.0.1:{free_port()}/0")
    with away:
        return away.post("/v1/sessions", {"mode": "replay"})


def capture_store_unavailable(bench: Bench) -> Response:
    """A destination whose folder is a file."""
    (bench.house / "in-the-way").write_text("")
    path = str(bench.house / "in-the-way" / "{sessionId}.json")
    with Replica(bench.house, store_url=bench.store.url, capture_case_path=path) as replica:
        return replica.post(f"/v1/sessions/{replica.create('capture')}/close")


def close_in_progress(bench: Bench) -> Response:
    """A change of a session that another replica is closing."""
    session_id = bench.runtime.create("capture")
    with bench.raw_store() as client:
        key = session_keys(ORG, session_id).session
        client.hset(key, mapping={"state": "closing", "owner": "x", "leaseUntil": "9" * 13})
    return bench.runtime.post(f"/v1/sessions/{session_id}/policy", {})


PRODUCERS: dict[str, Callable[[Bench], Response]] = {
    made.__name__: made
    for made in (
        invalid_body,
        invalid_mode,
        unauthorized,
        session_not_found,
        not_found,
        method_not_allowed,
        session_closed,
        body_too_large,
        unsupported_media_type,
        rule_validation_failed,
        quota_exceeded,
        internal_error,
        store_unavailable,
        capture_store_unavailable,
        close_in_progress,
    )
}
# Only with keys a call can meet this: tests/hosted/.
COME_WITH_HOSTED_KEYS = {"forbidden"}
# A part of each message: what and where it is, in words that a person can act on.
MESSAGES = {
    "invalid_body": "/externalHttp",
    "invalid_mode": "capture, replay, generate",
    "unauthorized": "Authorization: Bearer",
    "session_not_found": f"session '{UNKNOWN_SESSION}' does not exist or has been closed",
    "not_found": UNKNOWN_SESSION,
    "method_not_allowed": "allowed: GET",
    "session_closed": "is closed already",
    "body_too_large": "SOFTPROBE_MAX_BODY_BYTES",
    "unsupported_media_type": "application/json",
    "rule_validation_failed": "/rules/1/then/action",
    "quota_exceeded": "open_sessions (0 of 0)",
    "internal_error": "report it",
    "store_unavailable": "try again",
    "capture_store_unavailable": "stays open with all its spans",
    "close_in_progress": "is being closed",
}
HEADERS = {
    "unauthorized": ("www-authenticate", "Bearer"),
    "method_not_allowed": ("allow", "GET"),
    "quota_exceeded": ("retry-after", "5"),
    "store_unavailable": ("retry-after", "1"),
    "capture_store_unavailable": ("retry-after", "5"),
    "close_in_progress": ("retry-after", "1"),
}
DETAILS = {
    "invalid_body": ["/externalHttp", "/extrenalAllowlist"],
    "rule_validation_failed": ["/rules/1/then/action"],
}


def test_every_row_of_the_table_has_a_request_that_produces_it() -> None:
    """A new row without one fails here, and so does a row that can be met after all."""
    assert set(PRODUCERS) | COME_WITH_HOSTED_KEYS == set(CATALOGUE)
    assert not set(PRODUCERS) & COME_WITH_HOSTED_KEYS
    assert set(MESSAGES) == set(PRODUCERS)


@pytest.mark.parametrize("name", PRODUCERS)
def test_a_row_of_the_table_reaches_the_caller_whole(bench: Bench, name: str) -> None:
    """Status, name, code, message, headers, and pointers where a document is wrong."""
    answer = PRODUCERS[name](bench)
    assert_envelope(answer, CATALOGUE[name].status, name)
    body = answer.json()
    assert MESSAGES[name] in body["message"]
    if name in HEADERS:
        header, value = HEADERS[name]
        assert answer.headers[header] == value
    assert [detail["path"] for detail in body.get("details", [])] == DETAILS.get(name, [])
    assert "Traceback" not in json.dumps(body)


def test_a_bug_of_the_data_plane_is_told_in_the_callers_medium(bench: Bench) -> None:
    """A protobuf caller reads a Status; the server goes on."""
    session_id = otlp.mocked(bench.runtime)
    with bench.raw_store() as client:
        key = session_keys(ORG, session_id).session
        client.hset(key, mapping={"rules": "{broken", "revision": "9"})
    protobuf = otlp.ask(bench.runtime, session_id, otlp.hop(), otlp.PROTOBUF)
    assert protobuf.status == 500
    assert otlp.status_of(protobuf).message.startswith("internal_error")
    assert_envelope(otlp.ask(bench.runtime, session_id, otlp.hop()), 500, "internal_error")
    assert bench.runtime.get("/health").status == 200


def test_at_most_twenty_violations_are_told(bench: Bench) -> None:
    """However many there are."""
    session_id = bench.runtime.create("replay")
    answer = bench.runtime.post(f"/v1/sessions/{session_id}/rules", {"rules": [{}] * 50})
    assert_envelope(answer, 422, "rule_validation_failed")
    assert len(answer.json()["details"]) == 20


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"", "invalid_body"),
        (b"{", "invalid_body"),
        (b"[]", "invalid_body"),
        (b"null", "invalid_body"),
        (b'"replay"', "invalid_body"),
        (b"{}", "invalid_body"),
        (b'{"mode":1}', "invalid_body"),
        (b'{"mode":null}', "invalid_body"),
        (b'{"mode":"replay","polcy":{}}', "invalid_body"),
        (b'{"mode":"replay","policy":{"x":1}}', "invalid_body"),
        (b'{"mode":"\xff"}', "invalid_body"),
        (b'{"mode":NaN}', "invalid_body"),
        (b'{"mode":""}', "invalid_mode"),
        (b'{"mode":"Replay"}', "invalid_mode"),
    ],
)
def test_a_bad_request_to_create_is_named(bench: Bench, body: bytes, name: str) -> None:
    """A string that is no mode is `invalid_mode`, all else is `invalid_body`."""
    assert_envelope(bench.runtime.post("/v1/sessions", body), 400, name)


CLOSED_CALLS = [
    ("GET", ""),
    ("GET", "/stats"),
    ("GET", "/rules"),
    ("POST", "/load-case"),
    ("POST", "/rules"),
    ("POST", "/policy"),
    ("POST", "/fixtures/auth"),
]
BODIES: dict[str, object] = {
    "/load-case": {"version": "1", "caseId": "c", "traces": []},
    "/rules": {"rules": []},
    "/policy": {},
    "/fixtures/auth": {"fixtures": []},
}


@pytest.mark.parametrize("mode", ["capture", "replay"])
def test_every_call_but_a_close_is_404_on_a_closed_session(bench: Bench, mode: str) -> None:
    """And a second close is 409."""
    session_id = bench.runtime.create(mode)
    bench.runtime.post(f"/v1/sessions/{session_id}/close")
    for method, call in CLOSED_CALLS:
        path = f"/v1/sessions/{session_id}{call}"
        body = BODIES.get(call) if method == "POST" else None
        assert_envelope(bench.runtime.call(method, path, body), 404, "session_not_found")
    answer = bench.runtime.post(f"/v1/sessions/{session_id}/close")
    assert_envelope(answer, 409, "session_closed")


@pytest.mark.parametrize("session_id", [UNKNOWN_SESSION, "x", "sess_x", "..", "%00"])
def test_an_id_that_never_was_is_404_on_every_call(bench: Bench, session_id: str) -> None:
    """Close included, whatever its shape."""
    for method, call in [*CLOSED_CALLS, ("POST", "/close")]:
        path = f"/v1/sessions/{session_id}{call}"
        body = BODIES.get(call) if method == "POST" else None
        assert_envelope(bench.runtime.call(method, path, body), 404, "session_not_found")


def test_an_error_to_a_caller_with_a_token_is_the_same(bench: Bench) -> None:
    """Authentication changes nothing of what is told."""
    answer = bench.guarded.get(
        f"/v1/sessions/{UNKNOWN_SESSION}", headers={"authorization": f"Bearer {TOKEN}"}
    )
    assert_envelope(answer, 404, "session_not_found")

"""Request ids: accepted, made where there is none, returned on every answer and in every line."""

import json
import re
from pathlib import Path

import pytest

from app.http.request_id import MAX_LENGTH
from tests.api import otlp, wire
from tests.api.otlp import UNKNOWN_SESSION, hop, observed, upload
from tests.servers import Replica, Valkey, wait_until

OWN = re.compile(r"[0-9a-f]{16}-[0-9a-f]+")
QUESTION = otlp.encoded(otlp.question(UNKNOWN_SESSION, hop()), otlp.JSON)
BODY = json.dumps({"mode": "replay"}).encode()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/health", None, 200),
        ("POST", "/v1/sessions", BODY, 201),
        ("POST", "/v1/sessions", b"{", 400),
        ("GET", f"/v1/sessions/{UNKNOWN_SESSION}", None, 404),
        ("GET", "/v1/no-such-route", None, 404),
        ("PUT", "/v1/sessions", None, 405),
        ("POST", "/v1/inject", QUESTION, 404),
        ("POST", "/v1/inject", b"{", 400),
        ("POST", "/v1/traces", b'{"resourceSpans":[]}', 200),
        ("GET", "/v1/traces", None, 405),
        ("GET", "/metrics", None, 200),
    ],
)
def test_every_answer_bears_the_callers_id(
    runtime: Replica, method: str, path: str, body: bytes | None, status: int
) -> None:
    """Both APIs, successes and errors."""
    answer = runtime.call(method, path, body, headers={"x-request-id": "abc/1.2~3"})
    assert (answer.status, answer.headers["x-request-id"]) == (status, "abc/1.2~3")


@pytest.mark.parametrize(
    "sent", ["", "a" * (MAX_LENGTH + 1), "two words", "<b>", "é", 'a"b', "a,b", "sp_live_secret"]
)
def test_an_id_that_is_not_fit_to_be_written_down_is_replaced(runtime: Replica, sent: str) -> None:
    """By one of ours, and each call gets another."""
    headers = {"x-request-id": sent} if sent else {}
    ids = {runtime.get("/health", headers=headers).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(OWN.fullmatch(name) for name in ids)


def test_a_refused_token_and_what_is_no_request_have_ids_too(guarded: Replica) -> None:
    """The answers of the outermost layers."""
    assert OWN.fullmatch(guarded.get("/v1/sessions").headers["x-request-id"])
    [refused] = wire.exchange(guarded, b"nonsense\r\n\r\n")
    assert OWN.fullmatch(refused.headers["x-request-id"])


def test_log_lines_carry_the_id(runtime: Replica) -> None:
    """So that a caller's complaint finds its line."""
    runtime.call("GET", "/v1/sessions/x", headers={"x-request-id": "find-me-1"})
    wait_until(lambda: '"request_id":"find-me-1"' in runtime.log.read_text(), "the line")


def test_of_many_successes_of_the_hot_path_few_have_lines(house: Path, store: Valkey) -> None:
    """Each error has its own, and at the level `debug` each call has."""
    with Replica(house, store_url=store.url) as replica:
        session_id = replica.create("capture")
        for _ in range(150):
            upload(replica, observed(session_id))
        for number in range(15):
            replica.post("/v1/traces", b"{", headers={"x-request-id": f"bad-{number}"})
        wait_until(lambda: '"request_id":"bad-14"' in replica.log.read_text(), "the lines")
    text = replica.log.read_text()
    assert 10 <= text.count(session_id) < 140
    assert text.count('"request_id":"bad-') == 15

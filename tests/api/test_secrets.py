"""Secrets: what a caller entrusts to the runtime is in no answer, log line, metric or error."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from app.store.keys import session_keys
from tests.api import otlp, wire
from tests.servers import Replica, Response, Valkey
from tests.unit.otlp import payloads

API, METRICS = "hush-api-token-1", "hush-metrics-token-2"
FIXTURE, TOKEN, COOKIE, DEEP = "hush-fixture-3", "hush-token-4", "hush-cookie-5", "hush-deep-6"
HEADER, BODY = "hush-header-7", "hush-body-8"
SECRETS = (API, METRICS, FIXTURE, TOKEN, COOKIE, DEEP, HEADER, BODY)

GOOD: list[object] = [
    {"fixtures": [{"name": "auth", "value": FIXTURE}]},
    {
        "tokens": [TOKEN],
        "cookies": [{"name": "sid", "value": COOKIE}],
        "metadata": {"a": {"b": [DEEP]}},
    },
]
MALFORMED: list[object] = [
    {"fixtures": [{"name": "auth", "valeu": FIXTURE}]},
    {"fixtures": [{"name": 1, "value": FIXTURE}]},
    {"fixtures": [FIXTURE]},
    {"fixtures": {"auth": FIXTURE}},
    {"fixtures": FIXTURE},
    {"tokens": TOKEN},
    {"tokens": [[TOKEN]]},
    {"cookies": [{"name": "sid", "value": {"v": COOKIE}}]},
    {"metadata": DEEP},
    FIXTURE,
    [FIXTURE],
    b'{"fixtures":[{"name":"n","value":"' + FIXTURE.encode(),
    b'{"fixtures":[{"name":"n","value":' + FIXTURE.encode() + b"}]}",
    b'{"fixtures":[{"name":"n","value":"' + FIXTURE.encode() + b'\xff"}]}',
    b'{"fixtures":[{"name":"n","value":"' + FIXTURE.encode() + b'\\ud83d"}]}',
    FIXTURE.encode(),
]


class Told:
    """A replica that wants a token, and everything that it has answered so far."""

    def __init__(self, replica: Replica, store: Valkey) -> None:
        self.replica = replica
        self.store = store
        self.answers: list[Response] = []

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """Make a call with the token."""
        shown = {"authorization": f"Bearer {API}", **headers}
        answer = self.replica.call(method, path, body, headers=shown)
        self.answers.append(answer)
        return answer

    def create(self, mode: str = "replay") -> str:
        """Open a session."""
        session_id: str = self.call("POST", "/v1/sessions", {"mode": mode}).json()["sessionId"]
        return session_id

    def break_session(self, session_id: str) -> None:
        """Put what is no JSON, and a secret too, where a policy should be."""
        with redis.Redis(port=self.store.port) as client:
            key = session_keys("default", session_id).session
            client.hset(key, mapping={"policy": '{"' + FIXTURE, "revision": "7"})


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    """A replica of this test's own at the most talkative level."""
    with Valkey() as store:
        tokens = {"api_token": API, "metrics_token": METRICS}
        with Replica(tmp_path, store_url=store.url, log_level="debug", **tokens) as replica:
            yield Told(replica, store)


def secret_hop() -> dict[str, object]:
    """A hop that carries secrets as apps do."""
    headers = {"http.request.header.authorization": f"Bearer {HEADER}"}
    return otlp.hop("POST", "/pay", http__request__body=f'{{"card":"{BODY}"}}') | headers


def use_everything(told: Told) -> None:
    """Post the secrets, read everything there is to read, and provoke errors of every kind."""
    session_id, capture = told.create(), told.create("capture")
    path = f"/v1/sessions/{session_id}"
    for document in GOOD:
        assert told.call("POST", f"{path}/fixtures/auth", document).status == 200
    for document in MALFORMED:
        assert told.call("POST", f"{path}/fixtures/auth", document).status == 400
    told.call("POST", f"{path}/fixtures/auth", GOOD[0], **{"content-encoding": "br"})
    told.call("POST", f"{path}/fixtures/auth", GOOD[0], **{"content-type": "text/xml"})
    told.call("POST", f"/v1/sessions/{otlp.UNKNOWN_SESSION}/fixtures/auth", GOOD[0])
    told.call("POST", f"{path}/policy", {"externalHttp": "strict"})
    for kind, sent in (("inject", session_id), ("traces", capture)):
        for media in otlp.MEDIA:
            payload = otlp.question(sent, secret_hop())
            if kind == "traces":
                payload = payloads.traces(otlp.observed(sent, secret_hop()))
            body = otlp.encoded(payload, media)
            fields = {"content-type": media.content_type}
            assert told.call("POST", f"/v1/{kind}", body, **fields).status == 200
            for spoilt in (body[:-3], b"x" + body):
                told.call("POST", f"/v1/{kind}", spoilt, **fields)
    told.call("POST", f"/v1/sessions/{capture}/close")
    for read in (path, f"{path}/stats", f"{path}/rules", "/v1/sessions", "/v1/captures"):
        assert told.call("GET", read).status == 200
    for read in ("/v1/meta", "/openapi.json", "/health", "/ready", "/v1/nowhere"):
        told.call("GET", read)
    told.answers.append(
        told.replica.get("/metrics", headers={"authorization": f"Bearer {METRICS}"})
    )


def provoke_bugs(told: Told) -> None:
    """A 500 on each API, with a secret at hand."""
    session_id = told.create()
    told.call("POST", f"/v1/sessions/{session_id}/fixtures/auth", GOOD[0])
    told.break_session(session_id)
    assert told.call("GET", f"/v1/sessions/{session_id}").status == 500
    body = otlp.encoded(otlp.question(session_id, secret_hop()), otlp.JSON)
    assert told.call("POST", "/v1/inject", body).status == 500


def provoke_refusals(told: Told) -> None:
    """Wrong tokens, what is no HTTP, and a store that is away."""
    for headers in ({"authorization": f"Bearer {API}x"}, {"x-public-key": METRICS}):
        told.answers.append(told.replica.get("/v1/sessions", headers=headers))
    line = b"GET /%s HTTP/9\r\nauthorization: %s\r\n\r\n" % (API.encode(), API.encode())
    told.answers += wire.exchange(told.replica, line)
    session_id = told.create()
    told.store.stop()
    assert told.call("POST", f"/v1/sessions/{session_id}/fixtures/auth", GOOD[0]).status == 503


def test_no_secret_is_in_any_answer_log_line_or_metric(told: Told) -> None:
    """Whatever was posted, read or provoked; the sessions' own files and keys apart."""
    use_everything(told)
    provoke_bugs(told)
    provoke_refusals(told)
    said = [answer.body + repr(answer.headers).encode() for answer in told.answers]
    log = told.replica.log.read_bytes()
    assert b"internal error" in log
    for secret in SECRETS:
        assert not [text for text in said if secret.encode() in text], secret
        assert secret.encode() not in log, secret

"""Fairness: an organisation with too many calls under way is told so, and the others go on."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.otlp.media import Media
from tests.api import otlp
from tests.api.test_envelope import assert_envelope
from tests.quotas.tenants import tenants
from tests.servers import Replica, Response, Valkey, wait_until
from tests.unit.otlp import payloads

Headers = dict[str, dict[str, str]]
BODY = b'{"mode": "replay"}'


@pytest.fixture(scope="module")
def store() -> Iterator[Valkey]:
    """A store of the module's own."""
    with Valkey() as server:
        yield server


@pytest.fixture(scope="module")
def callers(store: Valkey) -> Headers:
    """Two organisations."""
    return tenants(store.url, {"busy": "team", "calm": "team"})


@pytest.fixture(scope="module")
def replica(
    store: Valkey, callers: Headers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replica]:
    """A replica that serves one call of an organisation at a time."""
    folder: Path = tmp_path_factory.mktemp("fairness")
    cases = str(folder / "{org}" / "{sessionId}.case.json")
    settings = {"auth": "keys", "capture_case_path": cases, "org_concurrency": "1"}
    with Replica(folder, store_url=store.url, **settings) as started:
        yield started


def create(replica: Replica, headers: dict[str, str]) -> Response:
    """Open a session."""
    return replica.post("/v1/sessions", BODY, headers=headers)


def in_progress(replica: Replica) -> int:
    """How many calls the replica serves, the one that asks included."""
    lines = replica.get("/metrics").body.decode().splitlines()
    [line] = [line for line in lines if line.startswith("softprobe_http_requests_in_progress ")]
    return int(float(line.split()[-1]))


@contextmanager
def under_way(replica: Replica, headers: dict[str, str]) -> Iterator[None]:
    """A call whose body has not come yet; at the end it comes and is answered."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = f"POST /v1/sessions HTTP/1.1\r\nhost: h\r\ncontent-length: {len(BODY)}"
    # Afterwards the key is known, so that the call is let in as soon as it is seen.
    assert replica.get("/v1/meta", headers=headers).status == 200
    with socket.create_connection(("127.0.0.1", replica.port), 30) as line:
        line.sendall("\r\n".join([head, *lines, "\r\n"]).encode())
        wait_until(lambda: in_progress(replica) == 2, "the call to be under way beside the asking")
        yield
        line.sendall(BODY)
        assert line.recv(100).startswith(b"HTTP/1.1 201")
    wait_until(lambda: create(replica, headers).status == 201, "the call to have ended")


def test_a_call_too_many_is_429_and_another_organisations_is_served(
    replica: Replica, callers: Headers
) -> None:
    """With `Retry-After`; it is served once the one before has ended."""
    with under_way(replica, callers["busy"]):
        refused = create(replica, callers["busy"])
        assert_envelope(refused, 429, "quota_exceeded")
        assert "SOFTPROBE_ORG_CONCURRENCY" in refused.json()["message"]
        assert refused.headers["retry-after"] == "1"
        assert create(replica, callers["calm"]).status == 201


@pytest.mark.parametrize("media", otlp.MEDIA)
def test_a_hop_too_many_is_blocked_and_not_let_out(
    replica: Replica, callers: Headers, media: Media
) -> None:
    """A proxy that fails open would forward it at an error: so it is a hit that carries a 503."""
    session_id = create(replica, callers["busy"]).json()["sessionId"]
    question = otlp.question(session_id, otlp.hop())
    with under_way(replica, callers["busy"]):
        blocked = otlp.send(replica, "/v1/inject", question, media, callers["busy"])
        assert blocked.status == 200
        answer = otlp.hit(blocked)
        assert answer["http.response.status_code"] == 503
        assert answer["http.response.header.retry-after"] == "1"
        assert b"was not forwarded" in otlp.body_of(answer)
    let_through = otlp.send(replica, "/v1/inject", question, media, callers["busy"])
    assert let_through.status == 404


@pytest.mark.parametrize("media", otlp.MEDIA)
def test_an_upload_too_many_is_to_be_sent_again(
    replica: Replica, callers: Headers, media: Media
) -> None:
    """503 with `Retry-After`, which the proxy's helper heeds; never 429."""
    session_id = create(replica, callers["busy"]).json()["sessionId"]
    payload = payloads.traces(otlp.observed(session_id))
    with under_way(replica, callers["busy"]):
        refused = otlp.send(replica, "/v1/traces", payload, media, callers["busy"])
        assert refused.status == 503
        assert refused.headers["retry-after"] == "1"
    assert otlp.send(replica, "/v1/traces", payload, media, callers["busy"]).status == 200


def test_refused_calls_are_in_the_metrics_without_a_name(
    replica: Replica, callers: Headers
) -> None:
    """As `concurrency`."""
    with under_way(replica, callers["busy"]):
        assert create(replica, callers["busy"]).status == 429
        text = replica.get("/metrics").body.decode()
    [line] = [line for line in text.splitlines() if 'quota="concurrency"' in line]
    assert float(line.split()[-1]) >= 1
    assert "busy" not in text


def test_a_test_key_has_the_limits_of_the_free_tier(
    replica: Replica, store: Valkey, callers: Headers
) -> None:
    """Whatever its organisation's; what it uses is its organisation's use."""
    test = tenants(store.url, {"calm": "team"}, kind="test")["calm"]

    def limits(headers: dict[str, str]) -> list[int]:
        quotas = replica.get("/v1/usage", headers=headers).json()["quotas"]
        return [quota["limit"] for quota in quotas]

    assert limits(callers["calm"]) == [600, 500_000, 5_000, 10_000_000_000]
    assert limits(test) == [60, 5_000, 100, 50_000_000]
    statuses = [create(replica, test).status for _ in range(61)]
    assert statuses.count(201) <= 60
    assert statuses[-1] == 429
    assert create(replica, callers["calm"]).status == 201

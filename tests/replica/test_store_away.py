"""A store that is away or silent: a clear 503 soon, and all is well once it is back."""

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from app.otlp.media import Media
from tests.api import otlp
from tests.api.otlp import ask, hit, hop, mocked, observed, upload
from tests.api.schemas import assert_valid
from tests.proxy import StoreProxy
from tests.servers import Replica, Response, Valkey, wait_until
from tests.topologies import asked
from tests.unit.otlp import payloads

# What a client waits: the answer is due after 2 s, and a proxy gives up after 5 s.
PATIENCE = 5.0

EVERY_MEDIUM = pytest.mark.parametrize("media", otlp.MEDIA, ids=["json", "protobuf"])


class Scene(NamedTuple):
    """A replica whose store can be taken away and brought back."""

    replica: Replica
    store: Valkey
    proxy: StoreProxy


def _pause(scene: Scene) -> None:
    scene.store.signal(signal.SIGSTOP)


def _go_on(scene: Scene) -> None:
    scene.store.signal(signal.SIGCONT)


def _kill(scene: Scene) -> None:
    assert scene.store.process
    scene.store.process.kill()
    scene.store.process.wait()


def _start(scene: Scene) -> None:
    scene.store.start()


def _fall_silent(scene: Scene) -> None:
    scene.proxy.silent = True


def _speak(scene: Scene) -> None:
    scene.proxy.silent = False


# How the store goes away, and how it comes back. Paused and silent stores may have heard a call
# whose answer is lost; a killed one refuses connections.
OUTAGES: dict[str, tuple[Callable[[Scene], None], Callable[[Scene], None]]] = {
    "paused": (_pause, _go_on),
    "killed": (_kill, _start),
    "silent": (_fall_silent, _speak),
}


@pytest.fixture(scope="module")
def store() -> Iterator[Valkey]:
    """A store that has everything on its disk that it acknowledged, however busy the disk is."""
    with Valkey(appendfsync="always") as server:
        yield server


@pytest.fixture(scope="module")
def scene(store: Valkey, place: Path) -> Iterator[Scene]:
    """A replica that reaches its store by way of a proxy; each test leaves all as it was."""
    with StoreProxy(store.port) as proxy, Replica(place, store_url=proxy.url) as replica:
        yield Scene(replica, store, proxy)


def assert_unavailable(answer: Response) -> None:
    """Fail unless an answer says to come again, in its caller's medium."""
    assert answer.status == 503, answer.body
    assert int(answer.headers["retry-after"]) >= 1
    if answer.headers["content-type"] == otlp.PROTOBUF.content_type:
        assert otlp.status_of(answer).message.startswith("store_unavailable: ")
    else:
        assert_valid("session-error.response.schema.json", answer.json())
        assert answer.json()["error"] == "store_unavailable"


Call = tuple[str, str, object]


def at_once(
    replica: Replica, calls: Sequence[Call], headers: Mapping[str, str] | None = None
) -> list[Response]:
    """The answers to several calls that are made together, each within the callers' patience."""

    def make(call: Call) -> Response:
        method, path, body = call
        return replica.call(method, path, body, headers=headers, timeout=PATIENCE)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))


@EVERY_MEDIUM
@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_costs_no_span_and_its_retry_doubles_none(
    scene: Scene, outage: str, media: Media
) -> None:
    """503 for the whole payload; the retry is 200, even where the first try reached the store."""
    away, back = OUTAGES[outage]
    session_id = scene.replica.create("capture")
    answering = mocked(scene.replica)
    spans = [observed(session_id) for _ in range(3)]
    payload = otlp.encoded(payloads.traces(*spans), media)
    question = otlp.encoded(otlp.question(answering, hop()), media)
    fields = {"content-type": media.content_type}
    away(scene)
    calls = [("POST", "/v1/traces", payload), ("POST", "/v1/inject", question)]
    for answer in at_once(scene.replica, calls, fields):
        assert_unavailable(answer)
    back(scene)
    wait_until(lambda: scene.replica.get("/ready").status == 200, "the store to be back")
    assert otlp.export_result(upload(scene.replica, *spans, media=media)) == (0, "")
    assert hit(ask(scene.replica, answering, hop(), media))["http.response.body"] == "hi"
    assert otlp.stats(scene.replica, session_id)["extractedSpans"] == 3
    closed = scene.replica.post(f"/v1/sessions/{session_id}/close")
    assert closed.json()["traceCount"] == 3


@pytest.mark.parametrize("outage", OUTAGES)
def test_the_control_api_says_503_and_lives_on(scene: Scene, outage: str) -> None:
    """Readiness too, but not health; afterwards everything works without a restart."""
    away, back = OUTAGES[outage]
    session_id = scene.replica.create("capture")
    path = f"/v1/sessions/{session_id}"
    away(scene)
    calls: list[Call] = [
        ("GET", "/ready", None),
        ("POST", "/v1/sessions", {"mode": "replay"}),
        ("GET", "/v1/sessions", None),
        ("GET", path, None),
        ("POST", f"{path}/rules", {"rules": []}),
        ("POST", f"{path}/close", b""),
        ("GET", "/v1/captures", None),
    ]
    for answer in at_once(scene.replica, calls):
        assert_unavailable(answer)
    assert scene.replica.get("/health").status == 200
    for call in ("/v1/meta", "/metrics", "/openapi.json"):
        assert scene.replica.get(call, timeout=PATIENCE).status == 200
    back(scene)
    wait_until(lambda: scene.replica.get("/ready").status == 200, "the store to be back")
    fresh = scene.replica.create("capture")
    assert otlp.export_result(upload(scene.replica, observed(fresh))) == (0, "")
    wait_until(
        lambda: scene.replica.post(f"{path}/close").status in (200, 409), "the close to be done"
    )
    assert scene.replica.get(path).status == 404


def test_a_replica_starts_without_its_store_and_is_ready_when_that_comes(folder: Path) -> None:
    """Health from the first moment, readiness with the store."""
    store = Valkey()
    with Replica(folder, store_url=store.url) as replica:
        assert replica.get("/health").status == 200
        assert_unavailable(replica.get("/ready", timeout=PATIENCE))
        with store:
            wait_until(lambda: replica.get("/ready").status == 200, "readiness")
            assert replica.create("replay")


def test_a_replica_starts_on_a_primary_that_has_lost_its_replica(folder: Path) -> None:
    """After a failover: unready, and writes are 503, until another server follows the primary.

    One that is ready stays so without: it still answers what needs no acknowledgement.
    """
    with (
        Valkey() as primary,
        Replica(folder, store_url=primary.url, store_ack="replica") as runtime,
    ):
        assert_unavailable(runtime.get("/ready", timeout=PATIENCE))
        assert_unavailable(runtime.post("/v1/sessions", {"mode": "capture"}, timeout=PATIENCE))
        assert runtime.log.read_text().count("needs a replica of every primary") == 1
        with Valkey(replicaof=f"127.0.0.1 {primary.port}", repl_diskless_sync_delay="0"):
            wait_until(lambda: runtime.get("/ready").status == 200, "readiness")
            session_id = runtime.create("capture")
            assert otlp.export_result(upload(runtime, observed(session_id))) == (0, "")
        assert_unavailable(upload(runtime, observed(session_id)))
        assert runtime.get("/ready").status == 200
        assert runtime.get(f"/v1/sessions/{session_id}").status == 200
    assert "the store serves now" in runtime.log.read_text()


def test_a_store_that_comes_and_is_wrong_is_told_and_leaves_the_replica_unready(
    folder: Path,
) -> None:
    """With the line that would have stopped the start; once it is set right there is readiness."""
    store = Valkey(appendonly="no")
    with Replica(folder, store_url=store.url, store_ack="aof") as runtime, store:
        wait_until(lambda: "needs `appendonly yes`" in runtime.log.read_text(), "the error")
        assert_unavailable(runtime.get("/ready", timeout=PATIENCE))
        with asked(store) as client:
            client.config_set("appendonly", "yes")
        wait_until(lambda: runtime.get("/ready").status == 200, "readiness")
        assert runtime.log.read_text().count("needs `appendonly yes`") == 1

"""The runtime gives no usable answer: by setting, the hop is forwarded or refused."""

import json
import threading
from collections.abc import Iterator

import pytest

from tests.envoy.client import send
from tests.envoy.envoy_process import Envoy
from tests.envoy.runtime_double import TRACES, Reply, RuntimeDouble, hit
from tests.envoy.upstream_double import UpstreamDouble

TROUBLES = {
    "503": Reply(503, b'{"error":"store_unavailable"}'),
    "401": Reply(401, b'{"error":"unauthorized"}'),
    "500": Reply(500, b""),
    "no-json": Reply(200, b"<html>"),
    "no-span": Reply(200, b"{}"),
    "bad-header": hit(200, {"x": "a\r\nb: c"}),
    "timeout": Reply(200, b"{}", held=threading.Event()),
}
UPLOAD_TRIES = 6


@pytest.fixture(scope="module", params=["open", "closed"])
def setting(request: pytest.FixtureRequest) -> str:
    """What happens to a hop that the runtime gave no answer to."""
    chosen: str = request.param
    return chosen


@pytest.fixture(scope="module")
def impatient(
    setting: str,
    runtime: RuntimeDouble,
    upstream: UpstreamDouble,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Envoy]:
    """An Envoy that waits a short time."""
    chosen = {"ON_FAILURE": setting, "INJECT_TIMEOUT_MS": "300", "APP": upstream.authority}
    directory = tmp_path_factory.mktemp(setting)
    with Envoy(directory, RUNTIME=runtime.address, **chosen) as process:
        yield process


@pytest.mark.parametrize("trouble", sorted(TROUBLES))
def test_without_a_usable_answer_a_hop_is_forwarded_or_refused_as_set(
    impatient: Envoy, setting: str, runtime: RuntimeDouble, upstream: UpstreamDouble, trouble: str
) -> None:
    """Failing open forwards and records; failing closed answers in JSON, without the app."""
    session, path = f"sess_{setting}_{trouble}", f"/{setting}/{trouble}"
    runtime.answers(session, TROUBLES[trouble])
    reply = send(impatient.inbound, path, "POST", {"x-softprobe-session-id": session}, b"hello")
    if setting == "open":
        assert (reply.status, reply.body) == (200, b"from upstream")
        assert upstream.received(path)[0].body == b"hello"
        assert runtime.uploads(session)[0].attributes["http.response.body"] == "from upstream"
    else:
        assert_refused(reply.status, reply.all("content-type"), reply.body)
        assert not upstream.received(path)


def assert_refused(status: int, media: list[str], body: bytes) -> None:
    """The answer of a proxy that fails closed."""
    error = json.loads(body)
    assert (status, media, error["error"]) == (503, ["application/json"], "runtime_unavailable")
    assert error["message"].startswith("The proxy got no usable answer from the runtime (")


def test_without_a_runtime_a_hop_is_forwarded_or_refused_as_set(
    setting: str,
    upstream: UpstreamDouble,
    unused_port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Nobody listens there; traffic without a session passes in either case."""
    chosen = {"ON_FAILURE": setting, "APP": upstream.authority}
    directory = tmp_path_factory.mktemp("away")
    with Envoy(directory, RUNTIME=f"127.0.0.1:{unused_port}", **chosen) as process:
        plain = send(process.inbound, "/away")
        reply = send(process.inbound, "/away", headers={"x-softprobe-session-id": "sess_away"})
    assert (plain.status, plain.body) == (200, b"from upstream")
    if setting == "open":
        assert (reply.status, reply.body) == (200, b"from upstream")
    else:
        assert_refused(reply.status, reply.all("content-type"), reply.body)


def test_an_upload_that_is_refused_for_good_is_not_sent_for_ever(
    envoy: Envoy, runtime: RuntimeDouble
) -> None:
    """The tries are counted; each carries the same span."""
    session = "sess_tries"
    before = envoy.counter("cluster.softprobe_runtime.upstream_rq_retry_limit_exceeded")
    runtime.answers(session, Reply(503), path=TRACES)
    send(envoy.inbound, "/tries", headers={"x-softprobe-session-id": session})
    envoy.wait_for("cluster.softprobe_runtime.upstream_rq_retry_limit_exceeded", before + 1)
    uploads = runtime.uploads(session, UPLOAD_TRIES)
    assert len(uploads) == UPLOAD_TRIES
    assert all(upload.span == uploads[0].span for upload in uploads)


def test_an_upload_is_sent_again_when_the_runtime_says_so(
    envoy: Envoy, runtime: RuntimeDouble
) -> None:
    """`Retry-After` sets the pause, in place of the proxy's own."""
    session, counter = (
        "sess_retry_after",
        "cluster.softprobe_runtime.upstream_rq_retry_backoff_ratelimited",
    )
    before = envoy.counter(counter)
    again = Reply(503, headers={"retry-after": "1"})
    runtime.answers(session, again, Reply(200), path=TRACES)
    send(envoy.inbound, "/retry-after", headers={"x-softprobe-session-id": session})
    assert len(runtime.uploads(session, 2)) == 2
    assert envoy.counter(counter) == before + 1


@pytest.mark.parametrize("status", [400, 401, 404, 413])
def test_an_upload_that_can_never_be_kept_is_sent_once(
    envoy: Envoy, runtime: RuntimeDouble, status: int
) -> None:
    """Only what may pass is tried again."""
    session = f"sess_once_{status}"
    before = envoy.counter("cluster.softprobe_runtime.upstream_rq_completed")
    runtime.answers(session, Reply(status), path=TRACES)
    send(envoy.inbound, "/once", headers={"x-softprobe-session-id": session})
    assert len(runtime.uploads(session)) == 1
    envoy.wait_for("cluster.softprobe_runtime.upstream_rq_completed", before + 2)
    assert len(runtime.uploads(session)) == 1

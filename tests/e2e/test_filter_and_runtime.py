"""The filter with the real runtime: what one writes the other reads."""

import json
import signal
from base64 import b64decode
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.envoy.client import Reply, connect, read, send
from tests.envoy.envoy_process import Envoy
from tests.envoy.runtime_double import plain_attributes
from tests.envoy.upstream_double import Response, UpstreamDouble, running
from tests.servers import Replica, Valkey, wait_until

COOKIES = ["a=1; Path=/", "b=2; Expires=Wed, 09 Jun 2027 10:18:14 GMT; Path=/"]
IMAGE = b"\xff\xfe\x00A\xc7("


class Loop:
    """A runtime on a store that can be stopped, and Envoy beside an app."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.valkey = stack.enter_context(Valkey())
        self.runtime = stack.enter_context(Replica(folder, store_url=self.valkey.url))
        self.app = UpstreamDouble()
        stack.enter_context(running(self.app))
        address = f"127.0.0.1:{self.runtime.port}"
        self.envoy = stack.enter_context(Envoy(folder, RUNTIME=address, APP=self.app.authority))

    def mocking(self, *rules: dict[str, Any]) -> dict[str, str]:
        """The header of a replay session with these rules."""
        session = self.runtime.create("replay")
        answer = self.runtime.post(f"/v1/sessions/{session}/rules", {"rules": list(rules)})
        assert answer.status == 200, answer.body
        return {"x-softprobe-session-id": session}

    def hops(self, session: str, count: int) -> list[dict[str, object]]:
        """Close a capture session once it has its hops; gives what its file says of each."""
        path = f"/v1/sessions/{session}"

        def are_kept() -> bool:
            stats = self.runtime.get(f"{path}/stats").json()["stats"]
            return bool(stats["extractedSpans"] == count)

        wait_until(are_kept, f"{count} hops")
        case = json.loads(Path(self.runtime.post(f"{path}/close").json()["casePath"]).read_bytes())
        spans = [t["resourceSpans"][0]["scopeSpans"][0]["spans"][0] for t in case["traces"]]
        return [plain_attributes(span["attributes"]) for span in spans]


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """All of it, started once."""
    with ExitStack() as stack:
        yield Loop(stack, tmp_path_factory.mktemp("loop"))


def mock(path: str, **response: Any) -> dict[str, Any]:
    """A rule that answers a path."""
    return {"when": {"path": path}, "then": {"action": "mock", "response": response}}


def test_bytes_that_are_no_text_are_the_same_bytes_in_the_case(loop: Loop) -> None:
    """An uploaded image and one that comes back."""
    loop.app.answer("/v1/avatar", Response(body=IMAGE[::-1]))
    session = loop.runtime.create("capture")
    sent = {"x-softprobe-session-id": session}
    reply = send(loop.envoy.inbound, "/v1/avatar", "POST", sent, IMAGE)
    (hop,) = loop.hops(session, 1)
    assert reply.body == IMAGE[::-1]
    for side, body in (("request", IMAGE), ("response", IMAGE[::-1])):
        assert hop[f"http.{side}.body.encoding"] == "base64"
        assert b64decode(str(hop[f"http.{side}.body"])) == body


def test_two_cookies_stay_two_from_the_rule_to_the_caller(loop: Loop) -> None:
    """Never joined, never split at a date's comma."""
    sent = loop.mocking(mock("/login", headers={"Set-Cookie": COOKIES}, body="in"))
    reply = send(loop.envoy.inbound, "/login", headers=sent)
    assert (reply.all("set-cookie"), reply.body) == (COOKIES, b"in")


def test_a_mocked_head_has_no_body_and_the_connection_goes_on(loop: Loop) -> None:
    """A rule without a method answers HEAD too."""
    sent = loop.mocking(mock("/doc", headers={"x-a": "1"}, body="hello"))
    replies: list[Reply] = []
    with closing(connect(loop.envoy.inbound)) as connection:
        for method in ("HEAD", "GET", "HEAD", "GET"):
            connection.request(method, "/doc", headers=sent)
            replies.append(read(connection))
    assert [reply.body for reply in replies] == [b"", b"hello"] * 2
    assert [reply.all("x-a") for reply in replies] == [["1"]] * 4


@pytest.mark.parametrize(
    ("path", "hit"), [("/files/a%2Fb", True), ("/files/a%2fb", True), ("/files/a/b", False)]
)
def test_an_escaped_slash_is_no_slash_on_the_whole_way(loop: Loop, path: str, hit: bool) -> None:
    """The proxy hands the path on as it was written."""
    reply = send(loop.envoy.inbound, path, headers=loop.mocking(mock("/files/a%2Fb", body="mock")))
    assert (reply.body == b"mock") == hit
    assert bool(loop.app.received(path)) != hit


def test_a_strict_miss_reaches_the_caller_though_the_proxy_fails_open(loop: Loop) -> None:
    """A block is an answer, not a failure."""
    session = loop.runtime.create("replay", policy={"externalHttp": "strict"})
    sent = {"x-softprobe-session-id": session, "host": loop.app.authority}
    reply = send(loop.envoy.outbound, "/strict", headers=sent)
    assert (reply.status, reply.all("x-softprobe-strict-miss")) == (599, ["1"])
    assert len(json.loads(reply.body)["requestFingerprint"]) >= 16
    assert not loop.app.received("/strict")


def test_a_hop_is_in_the_file_once_though_the_store_was_away_at_its_upload(loop: Loop) -> None:
    """The runtime says 503, the proxy tries again until the store is back."""
    session = loop.runtime.create("capture")
    before = loop.envoy.counter("cluster.softprobe_runtime.upstream_rq_retry")
    loop.valkey.signal(signal.SIGSTOP)
    try:
        reply = send(loop.envoy.inbound, "/away", headers={"x-softprobe-session-id": session})
        loop.envoy.wait_for("cluster.softprobe_runtime.upstream_rq_retry", before + 1)
    finally:
        loop.valkey.signal(signal.SIGCONT)
    (hop,) = loop.hops(session, 1)
    assert reply.body == b"from upstream"
    assert (hop["url.path"], hop["http.response.body"]) == ("/away", "from upstream")

"""A hit: the caller is answered without the upstream."""

import json
from contextlib import closing

import pytest

from tests.envoy.client import connect, read, send
from tests.envoy.envoy_process import Envoy
from tests.envoy.runtime_double import MISS, RuntimeDouble, hit
from tests.envoy.upstream_double import Response, UpstreamDouble

COOKIES = ["a=1; Path=/", "b=2; Expires=Wed, 09 Jun 2027 10:18:14 GMT; Path=/"]
PIXELS = bytes(range(256))


@pytest.mark.parametrize("side", ["inbound", "outbound"])
def test_a_hit_is_answered_as_the_runtime_says_and_never_forwarded(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble, side: str
) -> None:
    """Status, repeated headers and a binary body reach the caller as the runtime gave them."""
    session = f"sess_hit_{side}"
    headers: dict[str, str | list[str]] = {"set-cookie": COOKIES, "content-type": "image/png"}
    runtime.answers(session, hit(201, headers, PIXELS))
    sent = {"host": upstream.authority, "x-softprobe-session-id": session}
    reply = send(getattr(envoy, side), "/hit", headers=sent)
    assert (reply.status, reply.body) == (201, PIXELS)
    assert reply.all("set-cookie") == COOKIES
    assert reply.all("content-type") == ["image/png"]
    assert reply.all("content-length") == ["256"]
    assert not upstream.received("/hit")
    assert runtime.calls(session)[0].attributes["sp.traffic.direction"] == side


@pytest.mark.parametrize("status", [404, 503, 599])
def test_a_hit_with_an_error_status_is_an_answer_and_no_failure(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble, status: int
) -> None:
    """What a rule or a strict policy answers is not mistaken for the runtime's own trouble."""
    session = f"sess_error_{status}"
    runtime.answers(session, hit(status, {"content-type": "application/json"}, '{"error":"x"}'))
    reply = send(envoy.inbound, "/blocked", headers={"x-softprobe-session-id": session})
    assert (reply.status, json.loads(reply.body)) == (status, {"error": "x"})
    assert not upstream.received("/blocked")


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304), ("GET", 200)]
)
def test_a_hit_without_a_body_leaves_the_connection_in_order(
    envoy: Envoy, runtime: RuntimeDouble, method: str, status: int
) -> None:
    """After an answer that has no body the next answer on the connection is read right."""
    session = f"sess_bodiless_{method}_{status}"
    runtime.answers(session, hit(status, {"x-a": "1"}), hit(200, body="next"))
    headers = {"x-softprobe-session-id": session}
    with closing(connect(envoy.inbound)) as connection:
        connection.request(method, "/doc", headers=headers)
        first = read(connection)
        connection.request("GET", "/doc", headers=headers)
        second = read(connection)
    assert (first.status, first.body, first.all("x-a")) == (status, b"", ["1"])
    assert (second.status, second.body) == (200, b"next")


def test_hits_and_misses_take_turns_on_one_connection(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble
) -> None:
    """A kept-alive connection serves answers of both kinds, bodies included."""
    session = "sess_turns"
    runtime.answers(session, hit(body="mocked"), MISS, hit(body="mocked"), MISS)
    upstream.answer("/turns", lambda request: Response(body=request.body))
    bodies = []
    with closing(connect(envoy.inbound)) as connection:
        for turn in range(4):
            body = f"turn {turn}".encode()
            connection.request("POST", "/turns", body, {"x-softprobe-session-id": session})
            bodies.append(read(connection).body)
    assert bodies == [b"mocked", b"turn 1", b"mocked", b"turn 3"]


def test_a_delayed_hit_waits_in_the_proxy_and_not_in_the_runtime(
    envoy: Envoy, runtime: RuntimeDouble
) -> None:
    """`sp.response.delay_ms` makes the proxy pause before it answers."""
    before = envoy.counter("http.softprobe_helper.fault.delays_injected")
    runtime.answers("sess_delay", hit(body="late", delay_ms=30))
    reply = send(envoy.inbound, "/late", headers={"x-softprobe-session-id": "sess_delay"})
    assert reply.body == b"late"
    assert envoy.counter("http.softprobe_helper.fault.delays_injected") == before + 1


def test_a_large_binary_hit_arrives_whole(envoy: Envoy, runtime: RuntimeDouble) -> None:
    """The body of a hit may be larger than the limit for recorded bodies."""
    body = PIXELS * 8192
    runtime.answers("sess_large_hit", hit(body=body))
    reply = send(envoy.inbound, "/large", headers={"x-softprobe-session-id": "sess_large_hit"})
    assert reply.body == body


def test_only_hops_that_were_forwarded_are_uploaded(envoy: Envoy, runtime: RuntimeDouble) -> None:
    """A hit leaves no recording; the miss after it does."""
    session = "sess_no_upload"
    runtime.answers(session, hit(body="mocked"), MISS)
    for path in ("/mocked", "/forwarded"):
        send(envoy.inbound, path, headers={"x-softprobe-session-id": session})
    assert [call.attributes["url.path"] for call in runtime.uploads(session)] == ["/forwarded"]

"""What reaches the app: the session on its way, and traffic that has none."""

import re
from pathlib import Path

import pytest

from tests.envoy.client import send
from tests.envoy.envoy_process import Envoy
from tests.envoy.runtime_double import Reply, RuntimeDouble
from tests.envoy.upstream_double import Response, UpstreamDouble
from tests.servers import free_port, wait_until

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize("side", ["inbound", "outbound"])
def test_a_session_is_carried_on_in_tracestate_and_a_trace_is_begun(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble, side: str
) -> None:
    """Our member comes first, the others stay; the new `traceparent` names the recorded span."""
    session, path = f"sess_carried_{side}", f"/carried/{side}"
    sent = {"host": upstream.authority, "tracestate": "b=2,a=1", "traceparent": "nonsense"}
    send(getattr(envoy, side), path, headers=sent | {"x-softprobe-session-id": session})
    (request,) = upstream.received(path)
    span = runtime.uploads(session)[0].span
    assert request.all("tracestate") == [f"softprobe={session},b=2,a=1"]
    assert request.all("traceparent") == [f"00-{span['traceId']}-{span['spanId']}-01"]
    assert request.all("x-softprobe-session-id") == [session]
    assert "parentSpanId" not in span


def test_a_hop_belongs_to_the_trace_that_its_request_names(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble
) -> None:
    """A valid `traceparent` goes on unchanged, and the recording has it as its parent."""
    session = "sess_parent"
    sent = {"tracestate": f"a=1,softprobe={session}", "traceparent": TRACEPARENT}
    send(envoy.inbound, "/parent", headers=sent)
    (request,) = upstream.received("/parent")
    span = runtime.uploads(session)[0].span
    assert request.all("traceparent") == [TRACEPARENT]
    assert request.all("tracestate") == [f"softprobe={session},a=1"]
    assert [span["traceId"], span["parentSpanId"]] == TRACEPARENT.split("-")[1:3]
    assert span["spanId"] != span["parentSpanId"]


@pytest.mark.parametrize("side", ["inbound", "outbound"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_traffic_without_a_session_is_untouched_and_costs_no_call(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble, side: str, method: str
) -> None:
    """Every header arrives as it was sent, in both directions, and the runtime hears nothing."""
    path = f"/untouched/{side}/{method}"
    upstream.answer(path, Response(200, [("X-Answer", "1"), ("server", "app/1")], b"as ever"))
    sent = [("host", upstream.authority), ("tracestate", "a=1"), ("x-forwarded-for", "10.0.0.1")]
    body = b"x" * 10 if method == "POST" else None
    reply = send(getattr(envoy, side), path, method, dict(sent), body)
    (request,) = upstream.received(path)
    framing = [("content-length", "10")] if body else []
    assert sorted(request.headers) == sorted([*sent, *framing, ("accept-encoding", "identity")])
    assert (reply.status, reply.body) == (200, b"as ever")
    names = {name for name, _ in reply.headers}
    assert names <= {"x-answer", "server", "content-length", "date"}
    assert not runtime.heard_of(path)


@pytest.mark.parametrize("proto", [None, "https"])
def test_a_forwarded_proto_is_neither_added_nor_lost(
    envoy: Envoy, upstream: UpstreamDouble, proto: str | None
) -> None:
    """The app sees the header exactly where its caller sent it."""
    path = f"/proto/{proto}"
    send(envoy.inbound, path, headers={"x-forwarded-proto": proto} if proto else {})
    (request,) = upstream.received(path)
    assert request.all("x-forwarded-proto") == ([proto] if proto else [])


def test_what_the_filters_tell_each_other_no_one_outside_can_tell_them(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble
) -> None:
    """The internal headers of a client or an upstream are dropped, unseen and unrecorded."""
    session = "sess_internal"
    upstream.answer("/internal", Response(200, [("x-softprobe-unanswered", "no")], b"answered"))
    internal = {"x-softprobe-body": "whole", "x-softprobe-proto": "gopher"}
    sent = internal | {"x-softprobe-session-id": session}
    reply = send(envoy.inbound, "/internal", headers=sent)
    (request,) = upstream.received("/internal")
    attributes = runtime.uploads(session)[0].attributes
    assert reply.body == b"answered"
    assert not reply.all("x-softprobe-unanswered")
    assert attributes["http.response.body"] == "answered"
    assert not [name for name, _ in request.headers if name in {*internal, "x-forwarded-proto"}]
    named = [key for key in attributes if "x-softprobe" in key]
    assert named == ["http.request.header.x-softprobe-session-id"]


def test_an_upgrade_passes_by_with_its_session(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble
) -> None:
    """A web socket cannot be answered or recorded; the app still learns the session."""
    lines = ["host: app", "connection: upgrade", "upgrade: websocket"]
    session = "x-softprobe-session-id: sess_upgrade"
    reply = envoy.exchange("inbound", "GET /upgrade HTTP/1.1", *lines, session)
    (request,) = upstream.received("/upgrade")
    assert re.match(rb"HTTP/1.1 \d{3} ", reply)
    assert request.all("tracestate") == ["softprobe=sess_upgrade"]
    assert not request.all("x-softprobe-body")
    assert not runtime.heard_of("/upgrade")


def test_grpc_passes_by_with_its_session(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble
) -> None:
    """A stream of messages cannot be held; the app still learns the session."""
    sent = {"content-type": "application/grpc+proto", "x-softprobe-session-id": "sess_grpc"}
    reply = send(envoy.inbound, "/grpc", "POST", sent, [b"message"])
    (request,) = upstream.received("/grpc")
    assert reply.status == 200
    assert request.all("tracestate") == ["softprobe=sess_grpc"]
    assert request.body == b"message"
    assert not runtime.heard_of("/grpc")


@pytest.mark.parametrize("target", ["CONNECT api.test:443", "OPTIONS *"])
def test_what_cannot_be_forwarded_is_refused(envoy: Envoy, target: str) -> None:
    """A tunnel hides its hops; the page says so."""
    session = "x-softprobe-session-id: sess_refused"
    reply = envoy.exchange("outbound", f"{target} HTTP/1.1", "host: api.test:443", session)
    assert reply.startswith(b"HTTP/1.1 404 ")


def test_a_call_that_names_the_outbound_listener_itself_is_refused(
    runtime: RuntimeDouble, upstream: UpstreamDouble, tmp_path: Path
) -> None:
    """It would be forwarded to itself for ever."""
    where = f"127.0.0.1:{free_port()}"
    chosen = {"RUNTIME": runtime.address, "APP": upstream.authority, "OUTBOUND": where}
    with Envoy(tmp_path, **chosen) as envoy:
        for host in (where, where.replace("127.0.0.1", "localhost")):
            reply = send(envoy.outbound, "/", headers={"host": host})
            assert reply.status == 508
            assert b"host header" in reply.body


def test_an_unknown_session_is_let_through_with_a_warning(
    runtime: RuntimeDouble, upstream: UpstreamDouble, tmp_path: Path
) -> None:
    """To who mistyped the id, the test would else silently run against the real upstream."""
    runtime.answers("sess_typo", Reply(404, b'{"error":"session_not_found","code":4}'))
    with Envoy(tmp_path, RUNTIME=runtime.address, APP=upstream.authority) as envoy:
        reply = send(envoy.inbound, "/typo", headers={"x-softprobe-session-id": "sess_typo"})
        assert reply.status == 200
        log = tmp_path / "envoy.log"
        warning = 'session "sess_typo" is unknown or closed'
        wait_until(lambda: warning in log.read_text(), "Envoy's warning")

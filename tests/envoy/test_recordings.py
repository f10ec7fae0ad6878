"""What is uploaded about a hop that was forwarded."""

import re
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import IncompleteRead

import pytest

from tests.envoy.client import connect, read, send
from tests.envoy.envoy_process import Envoy
from tests.envoy.runtime_double import TRACES, Reply, RuntimeDouble
from tests.envoy.upstream_double import Response, UpstreamDouble

COOKIES = ["a=1; Path=/", "b=2; Expires=Wed, 09 Jun 2027 10:18:14 GMT; Path=/"]


@pytest.mark.parametrize(("side", "kind"), [("inbound", 2), ("outbound", 3)])
def test_a_forwarded_hop_is_recorded_with_its_request_and_its_response(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble, side: str, kind: int
) -> None:
    """The recording is the question's span with the response added, times and ids included."""
    session = f"sess_recorded_{side}"
    headers = [("content-type", "text/plain"), *[("set-cookie", cookie) for cookie in COOKIES]]
    upstream.answer("/recorded", Response(201, headers, "caf\u00e9".encode()))
    sent = {"host": upstream.authority, "x-softprobe-session-id": session}
    reply = send(getattr(envoy, side), "/recorded?x=1", "POST", sent, b"question")
    question, recording = runtime.calls(session)[0], runtime.uploads(session)[0]
    assert (reply.status, reply.body) == (201, "caf\u00e9".encode())
    assert recording.attributes == {
        **question.attributes,
        "sp.span.type": "extract",
        "http.response.status_code": 201,
        "http.response.header.content-type": "text/plain",
        "http.response.header.content-length": "5",
        "http.response.header.set-cookie": COOKIES,
        "http.response.body": "caf\u00e9",
    }
    assert (recording.span["kind"], recording.span["name"]) == (kind, "POST")
    assert recording.resource == {"service.name": "checkout"}
    start, end = (int(str(recording.span[f"{when}TimeUnixNano"])) for when in ("start", "end"))
    assert 0 < start <= end


def test_every_recording_has_ids_of_its_own(envoy: Envoy, runtime: RuntimeDouble) -> None:
    """Ids are hex, not zero, and never used twice."""
    session = "sess_ids"
    for _ in range(20):
        send(envoy.inbound, "/ids", headers={"x-softprobe-session-id": session})
    spans = [call.span for call in runtime.uploads(session, 20)]
    assert all(re.fullmatch("[0-9a-f]{32}", str(span["traceId"])) for span in spans)
    assert all(re.fullmatch("[0-9a-f]{16}", str(span["spanId"])) for span in spans)
    assert len({span["spanId"] for span in spans}) == 20


@pytest.mark.parametrize("body", [bytes(range(256)), b"\x1f\x8b\x08\x00\xff"], ids=["all", "gzip"])
def test_a_binary_response_is_recorded_as_base64(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble, body: bytes
) -> None:
    """A coded body is kept as it came, next to the header that says so."""
    session = f"sess_binary_{len(body)}"
    upstream.answer("/binary", Response(200, [("content-encoding", "gzip")], body))
    reply = send(envoy.inbound, "/binary", headers={"x-softprobe-session-id": session})
    recording = runtime.uploads(session)[0]
    assert reply.body == recording.body("response") == body
    assert recording.attributes["http.response.body.encoding"] == "base64"
    assert recording.attributes["http.response.header.content-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("method", "response"),
    [
        ("HEAD", Response(200, [], b"five!")),
        ("GET", Response(204, [], b"")),
        ("GET", Response(304, [("etag", '"1"')], b"")),
        ("GET", Response(401, [], b"")),
        ("GET", Response(200, [], [b""][:0])),
    ],
    ids=["head", "204", "304", "empty", "empty-chunked"],
)
def test_a_response_without_a_body_is_recorded_without_one(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble, method: str, response: Response
) -> None:
    """The status is recorded, and the connection serves the next request."""
    session = f"sess_none_{method}_{response.status}_{type(response.body).__name__}"
    upstream.answer("/none", response)
    with closing(connect(envoy.inbound)) as connection:
        for path in ("/none", "/after"):
            connection.request(method, path, headers={"x-softprobe-session-id": session})
            reply = read(connection)
    recordings = runtime.uploads(session, 2)
    attributes = next(c.attributes for c in recordings if c.attributes["url.path"] == "/none")
    assert reply.status == 200
    assert attributes["http.response.status_code"] == response.status
    assert "http.response.body" not in attributes


def test_a_hop_that_no_upstream_answered_has_no_response_in_its_recording(
    envoy: Envoy, runtime: RuntimeDouble, unused_port: int
) -> None:
    """The caller gets Envoy's 503; the recording says why, and is none that could be replayed."""
    session = "sess_unanswered"
    target = f"http://127.0.0.1:{unused_port}/unanswered"
    reply = send(envoy.outbound, target, headers={"x-softprobe-session-id": session})
    attributes = runtime.uploads(session)[0].attributes
    assert reply.status == 503
    assert not reply.all("x-softprobe-unanswered")
    assert str(attributes["error.type"]).startswith("upstream_reset_before_response_started")
    assert not [key for key in attributes if key.startswith("http.response.")]


def test_an_upload_that_is_refused_for_the_moment_is_sent_again(
    envoy: Envoy, runtime: RuntimeDouble
) -> None:
    """A 503 is tried again with the same ids, so that the runtime can count it once."""
    session = "sess_again"
    runtime.answers(session, Reply(503), Reply(200), path=TRACES)
    send(envoy.inbound, "/again", headers={"x-softprobe-session-id": session})
    first, second = runtime.uploads(session, 2)
    assert first.span == second.span


def test_the_caller_does_not_wait_for_the_upload(envoy: Envoy, runtime: RuntimeDouble) -> None:
    """While the runtime holds an upload back, the response has arrived and the next one does."""
    session = "sess_held"
    held = threading.Event()
    runtime.answers(session, Reply(200, held=held), path=TRACES)
    with closing(connect(envoy.inbound)) as connection:
        for _ in range(2):
            connection.request("GET", "/held", headers={"x-softprobe-session-id": session})
            assert read(connection).body == b"from upstream"
    held.set()
    assert len(runtime.uploads(session, 2)) == 2


def broken_off() -> Iterator[bytes]:
    """A body whose server goes away in the middle."""
    yield b"half"
    raise ConnectionAbortedError


def test_a_response_that_breaks_off_is_not_recorded(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble
) -> None:
    """Half a response is never taken for a whole one; the next hop is recorded as ever."""
    session = "sess_broken"
    upstream.answer("/broken", Response(body=broken_off()))
    sent = {"x-softprobe-session-id": session}
    with pytest.raises(IncompleteRead):
        send(envoy.inbound, "/broken", headers=sent)
    assert send(envoy.inbound, "/unbroken", headers=sent).status == 200
    assert [call.attributes["url.path"] for call in runtime.uploads(session)] == ["/unbroken"]

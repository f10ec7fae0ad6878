"""Bodies up to the limit are asked about and recorded whole; above it a hop passes, marked."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.envoy.client import connect, send
from tests.envoy.conftest import BODY_LIMIT
from tests.envoy.envoy_process import Envoy
from tests.envoy.runtime_double import TRACES, Reply, RuntimeDouble, hit
from tests.envoy.upstream_double import Response, UpstreamDouble

PIECE = b"0123456789" * 1000


def pieces(size: int) -> Iterator[bytes]:
    """A body of this size, bit by bit."""
    for start in range(0, size, len(PIECE)):
        yield PIECE[: size - start]


def whole(size: int) -> bytes:
    """The same body in one."""
    return b"".join(pieces(size))


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_body_of_exactly_the_limit_is_recorded(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble, chunked: bool, method: str
) -> None:
    """With a length or without one, and whatever the method: the question has the body already."""
    session = f"sess_exact_{chunked}_{method}"
    path = f"/exact/{chunked}/{method}"
    body = pieces(BODY_LIMIT) if chunked else whole(BODY_LIMIT)
    reply = send(envoy.inbound, path, method, {"x-softprobe-session-id": session}, body)
    calls = [runtime.calls(session)[0], runtime.uploads(session)[0]]
    assert reply.status == 200
    assert [call.body("request") for call in calls] == [whole(BODY_LIMIT)] * 2
    assert "sp.body.truncated" not in calls[1].attributes
    assert upstream.received(path)[0].body == whole(BODY_LIMIT)


@pytest.mark.parametrize("size", [BODY_LIMIT + 1, 30 * BODY_LIMIT])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_request_body_over_the_limit_passes_whole_and_is_marked(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble, chunked: bool, size: int
) -> None:
    """The runtime is asked, sees no part of the body, and is told that there was one."""
    session, path = f"sess_over_{chunked}_{size}", f"/over/{chunked}/{size}"
    body = pieces(size) if chunked else whole(size)
    reply = send(envoy.inbound, path, "POST", {"x-softprobe-session-id": session}, body)
    calls = [runtime.calls(session)[0], runtime.uploads(session)[0]]
    assert reply.status == 200
    assert upstream.received(path)[0].body == whole(size)
    for call in calls:
        assert call.attributes["sp.body.truncated"] is True
        assert "http.request.body" not in call.attributes


def test_a_hop_over_the_limit_can_still_be_answered(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble
) -> None:
    """A rule that needs no body, or a strict policy, holds for a large request too."""
    session = "sess_over_hit"
    runtime.answers(session, hit(599, body="blocked"))
    sent = {"x-softprobe-session-id": session}
    reply = send(envoy.inbound, "/over-hit", "POST", sent, whole(BODY_LIMIT + 1))
    assert (reply.status, reply.body) == (599, b"blocked")
    assert not upstream.received("/over-hit")


def test_a_request_whose_length_is_over_the_limit_is_not_held(
    envoy: Envoy, runtime: RuntimeDouble
) -> None:
    """The upstream has the first bytes while the caller has not sent the last."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        authority = f"127.0.0.1:{listener.getsockname()[1]}"
        with closing(connect(envoy.outbound)) as connection:
            connection.putrequest("PUT", "/unheld", skip_host=True)
            for name, value in [("host", authority), ("content-length", str(2 * BODY_LIMIT))]:
                connection.putheader(name, value)
            connection.putheader("x-softprobe-session-id", "sess_unheld")
            connection.endheaders(b"begin")
            accepted, _ = listener.accept()
            with accepted:
                accepted.settimeout(20)
                received = b""
                while not received.endswith(b"begin"):
                    received += accepted.recv(65536)
    assert received.startswith(b"PUT /unheld HTTP/1.1\r\n")
    assert runtime.calls("sess_unheld")[0].attributes["sp.body.truncated"] is True


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("size", [BODY_LIMIT, BODY_LIMIT + 1, 30 * BODY_LIMIT])
def test_a_response_is_recorded_up_to_the_limit_and_marked_above_it(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble, chunked: bool, size: int
) -> None:
    """The caller gets every byte in any case; the recording is whole or says that it is not."""
    session, path = f"sess_response_{chunked}_{size}", f"/response/{chunked}/{size}"
    upstream.answer(path, Response(body=pieces(size) if chunked else whole(size)))
    reply = send(envoy.inbound, path, headers={"x-softprobe-session-id": session})
    recording = runtime.uploads(session)[0]
    assert reply.body == whole(size)
    assert recording.body("response") == (whole(size) if size <= BODY_LIMIT else b"")
    assert ("sp.body.truncated" in recording.attributes) == (size > BODY_LIMIT)
    assert recording.attributes["http.response.status_code"] == 200


def test_a_response_reaches_the_caller_piece_by_piece(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble
) -> None:
    """The second piece is sent only after the caller has read the first."""
    session, seen = "sess_stream", threading.Event()

    def stream() -> Iterator[bytes]:
        yield b"first,"
        assert seen.wait(20)
        yield b"second"

    upstream.answer("/stream", Response(body=stream()))
    with closing(connect(envoy.inbound)) as connection:
        connection.request("GET", "/stream", headers={"x-softprobe-session-id": session})
        response = connection.getresponse()
        first = response.read(6)
        seen.set()
        rest = response.read()
    assert (first, rest) == (b"first,", b"second")
    assert runtime.uploads(session)[0].body("response") == b"first,second"


def test_an_upload_of_the_largest_bodies_is_sent_again_too(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble
) -> None:
    """Two bodies of controls, which JSON writes in six characters each, are held for a retry."""
    session, body = "sess_large_again", b"\x01" * BODY_LIMIT
    upstream.answer("/large-again", Response(body=body))
    runtime.answers(session, Reply(503), Reply(200), path=TRACES)
    send(envoy.inbound, "/large-again", "POST", {"x-softprobe-session-id": session}, body)
    first, second = runtime.uploads(session, 2)
    assert first.span == second.span
    assert second.body("request") == second.body("response") == body

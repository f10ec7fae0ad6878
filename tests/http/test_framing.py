"""Where a request ends: what is not sure is refused, and everything beside a body is bounded."""

import pytest

from app.http.overhead import MAX_HEAD_BYTES
from tests.api import wire
from tests.api.test_envelope import assert_envelope
from tests.servers import Replica

BODY = b'{"mode":"replay"}'
CHUNKS = b"11\r\n" + BODY + b"\r\n0\r\n\r\n"
START = b"POST /v1/sessions HTTP/1.1\r\nhost: x\r\n"
LAST = wire.request("GET", b"/health", b"connection: close\r\n")
MIB = 2**20


@pytest.mark.parametrize(
    "text",
    [
        START + b"transfer-encoding: gzip, chunked\r\n\r\n" + CHUNKS,
        START + b"transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n" + CHUNKS,
        START + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n" + CHUNKS,
        START + b"transfer-encoding: identity\r\n\r\n" + CHUNKS,
        START + b"transfer-encoding: xchunked\r\n\r\n" + CHUNKS,
        START + b"transfer-encoding: chunked, gzip\r\n\r\n" + CHUNKS,
        START + b"transfer-encoding:\r\n chunked\r\n\r\n" + CHUNKS,
        START.replace(b"1.1", b"1.0") + b"transfer-encoding: chunked\r\n\r\n" + CHUNKS,
        START + b"content-length: 17\r\ntransfer-encoding: chunked\r\n\r\n" + CHUNKS,
        START + b"transfer-encoding: chunked\r\ncontent-length: 17\r\n\r\n" + CHUNKS,
        START + b"content-length: 17\r\ncontent-length: 5\r\n\r\n" + BODY,
        START + b"content-length: 17\r\ncontent-length: 17\r\n\r\n" + BODY,
        START + b"content-length: 17, 17\r\n\r\n" + BODY,
        START + b"content-length: +17\r\n\r\n" + BODY,
        START + b"content-length: -1\r\n\r\n" + BODY,
        START + b"content-length:\r\n\r\n" + BODY,
        START + b"content-length: 99999999999999999999999\r\n\r\n" + BODY,
        START + b"content-length : 17\r\n\r\n" + BODY,
        b"GET /health HTTP/1.1\r\nhost: x\r\nx-a: b\r\n c\r\n\r\n",
        b"GET /health HTTP/1.1\r\n x-a: b\r\nhost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: x\r\nx-a: b\0c\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: x\r\nx-\0a: b\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: x\r\nx-a: b\rc\r\n\r\n",
        b"GET /health HTTP/1.1\nhost: x\n\n",
        b"GET /health HTTP/2.0\r\nhost: x\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_could_be_read_in_two_ways_is_400_and_closes(runtime: Replica, text: bytes) -> None:
    """And what stands behind it is not read; the requests before it have their answers."""
    create = wire.request("POST", b"/v1/sessions", b"", BODY)
    first, second, refused = wire.converse(runtime, create + create + text + LAST)
    assert (first.status, second.status) == (201, 201)
    assert_envelope(refused, 400, "invalid_body")
    assert refused.headers["connection"] == "close"


def test_a_chunked_body_that_breaks_is_the_only_call_that_is_lost(runtime: Replica) -> None:
    """The one before has its answer, and the broken one is refused once."""
    broken = START + b"transfer-encoding: chunked\r\n\r\n5\r\nabcdeZZ\r\n"
    create = wire.request("POST", b"/v1/sessions", b"", BODY)
    first, refused = wire.converse(runtime, create + broken)
    assert first.status == 201
    assert_envelope(refused, 400, "invalid_body")


def test_a_refused_body_that_breaks_gets_no_second_answer(runtime: Replica) -> None:
    """Its 404 is the answer, and then the connection closes."""
    head = b"POST /nowhere HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    first, *more = wire.exchange(runtime, head + b"5\r\nab")
    assert (first.status, more) == (404, [])
    [only] = wire.converse(runtime, head + b"5\r\nabcdeZZ\r\n")
    assert only.status in (400, 404)


@pytest.mark.parametrize("path", [b"/v1/sessions", b"/v1/nowhere"])
@pytest.mark.parametrize(
    "end",
    [
        b"0\r\n" + b"x-a: bbbbbbbbbbbbbbbbbbbbbbbbb\r\n" * 100_000 + b"\r\n",
        b"0\r\nx-a: " + b"b" * 4 * MIB + b"\r\n\r\n",
        b"0\r\n" + b"x" * 4 * MIB + b": b\r\n\r\n",
        b"0;" + b"x" * 4 * MIB + b"\r\n\r\n",
        b"1;x=" + b"y" * 4 * MIB + b"\r\n \r\n0\r\n\r\n",
        b"1;x=yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n \r\n" * 100_000 + b"0\r\n\r\n",
    ],
    ids=["trailers", "trailer", "name", "last extension", "extension", "extensions"],
)
def test_trailers_and_extensions_are_bounded(runtime: Replica, path: bytes, end: bytes) -> None:
    """As the head is, before and after the call has its answer."""
    head = b"POST %s HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" % path
    answers = wire.converse(runtime, head + b"11\r\n" + BODY + b"\r\n", end + LAST)
    assert [answer.status for answer in answers] in ([400], [404])
    assert runtime.get("/health").status == 200


def test_many_small_chunks_with_small_extensions_and_trailers_are_taken(runtime: Replica) -> None:
    """Framing far over the bound of a head, since each chunk brings its own."""
    chunk = b"1;a=b\r\n \r\n"
    spaces = chunk * (2 * MAX_HEAD_BYTES // len(chunk))
    head = START + b"transfer-encoding: chunked\r\ntrailer: x-a\r\n\r\n"
    sent = head + spaces + b"11\r\n" + BODY + b"\r\n0\r\nx-a: b\r\n\r\n" + LAST
    pieces = [sent[at : at + 4099] for at in range(0, len(sent), 4099)]
    assert [answer.status for answer in wire.converse(runtime, *pieces)] == [201, 200]


def test_a_head_over_the_bound_is_refused_in_one_piece_or_many(runtime: Replica) -> None:
    """Many headers, or one."""
    for fields in (b"x-a: b\r\n" * 20_000, b"x-a: " + b"b" * MAX_HEAD_BYTES + b"\r\n"):
        sent = wire.request("GET", b"/health", fields)
        for size in (len(sent), 5003):
            pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
            [answer] = wire.converse(runtime, *pieces)
            assert_envelope(answer, 400, "invalid_body")
            assert str(MAX_HEAD_BYTES) in answer.json()["message"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"http://a.test/v1/meta", 200),
        (b"http://a.test:80/v1/sessions?limit=1", 200),
        (b"http://a.test:80/v1/sessions?limit=x", 400),
        (b"HTTPS://u@a.test/health", 200),
        (b"http://[::1]:8080/health", 200),
        (b"http://a.test", 404),
        (b"http://a.test?x", 404),
        (b"*", 404),
    ],
)
def test_a_target_with_a_host_is_routed_by_its_path(
    runtime: Replica, target: bytes, status: int
) -> None:
    """As proxies send it; and one that is no path is nowhere."""
    answers = wire.converse(runtime, wire.request("GET", target) + LAST)
    assert [answer.status for answer in answers] == [status, 200]


def test_a_client_of_http_1_0_gets_no_chunks(runtime: Replica) -> None:
    """What has no length ends with the connection; what has one tells it."""
    session_id = runtime.create("capture")
    assert runtime.post(f"/v1/sessions/{session_id}/close").status == 200
    path = f"/v1/captures/{session_id}"
    old = wire.request("GET", path.encode()).replace(b"HTTP/1.1", b"HTTP/1.0")
    [capture] = wire.converse(runtime, old)
    assert (capture.status, capture.headers["connection"]) == (200, "close")
    assert "transfer-encoding" not in capture.headers
    assert capture.body == runtime.get(path).body
    [health] = wire.converse(runtime, b"GET /health HTTP/1.0\r\n\r\n")
    assert health.headers["content-length"] == str(len(health.body))

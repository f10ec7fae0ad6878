"""Conversations made up from a seed: what is whole is answered in order, however it is split."""

import gzip
import random
from typing import NamedTuple

import pytest

from tests.api import wire
from tests.api.test_envelope import assert_envelope
from tests.servers import Replica, Response

SEEDS = range(24)
CONVERSATIONS = 12
BODY = b'{"mode":"replay"}'
GARBAGE = [
    b"nonsense\r\n\r\n",
    b"\0\0\0\0\0\0\0\0",
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"GET /health\r\n\r\n",
    b"GET /health HTTP/1.1\r\nhost: x\r\nx a: b\r\n\r\n",
    b"GET /health HTTP/1.1\r\nx: y\r\n z\r\n\r\n",
    b"POST /v1/sessions HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
    b"POST /v1/sessions HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
    b"POST /v1/sessions HTTP/1.1\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/sessions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n",
    b"POST /v1/sessions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n",
    b"POST /v1/sessions HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    b"CONNECT a.test:443 HTTP/1.1\r\nhost: a.test\r\n\r\n",
    b"G" * 200_000,
    b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\n\r\n",
]


class Line(NamedTuple):
    """What is said, and the status of what is to be answered."""

    said: bytes
    status: int


def _headers(chance: random.Random) -> bytes:
    """Some that change nothing."""
    odd = [
        b"connection: upgrade\r\nupgrade: h2c\r\n",
        b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n",
        b"upgrade: h2c\r\n",
        b"x-empty:\r\n",
        b"cookie:   " + b"c" * chance.randrange(3000) + b"  \r\n",
        b"x-latin: \xe9\xff\r\n",
        b"te: trailers\r\n",
    ]
    return b"".join(chance.sample(odd, chance.randrange(3)))


def _framed(chance: random.Random, target: bytes, body: bytes, headers: bytes) -> bytes:
    """A POST with a length, or in chunks with extensions and trailers."""
    if chance.random() < 0.5:
        return wire.request("POST", target, headers, body)
    head = b"POST %s HTTP/1.1\r\nhost: x\r\nTransfer-Encoding: Chunked\r\n" % target
    chunks, rest = [], body
    while rest:
        size = chance.randint(1, len(rest))
        extension = chance.choice([b"", b"", b";a", b";a=b", b';a="b"'])
        chunks.append(b"%x%s\r\n%s\r\n" % (size, extension, rest[:size]))
        rest = rest[size:]
    trailers = chance.choice([b"", b"x-a: b\r\n", b"expires: 7\r\nx-b:\r\n"])
    return head + headers + b"\r\n" + b"".join(chunks) + b"0\r\n" + trailers + b"\r\n"


def _whole(chance: random.Random) -> Line:
    """A request that is answered and leaves the connection open."""
    headers = _headers(chance)
    kind = chance.randrange(6)
    if kind == 0:
        target = chance.choice([b"/health", b"http://a.test/health", b"/health?a=%00#b"])
        return Line(wire.request("GET", target, headers), 200)
    if kind == 1:
        blank = b" " * chance.choice([0, 0, 7, 70_000, 300_000])
        return Line(_framed(chance, b"/v1/sessions", BODY + blank, headers), 201)
    if kind == 2:
        headers += b"content-encoding: gzip\r\n"
        return Line(_framed(chance, b"/v1/sessions", gzip.compress(BODY), headers), 201)
    if kind == 3:
        return Line(_framed(chance, b"/v1/sessions", b"{", headers), 400)
    if kind == 4:
        return Line(_framed(chance, b"/nowhere", b"x" * chance.randrange(1, 99_999), headers), 404)
    return Line(b"\r\n" + wire.request("PUT", b"/health", headers), 405)


def _end(chance: random.Random) -> Line:
    """What ends a conversation: a last request, or what is none; and what nobody reads."""
    ignored = chance.choice([b"", wire.request("GET", b"/health"), b"\0" * 1000])
    if chance.random() < 0.4:
        return Line(wire.request("GET", b"/health", b"connection: close\r\n") + ignored, 200)
    return Line(chance.choice(GARBAGE) + ignored, 400)


def _split(chance: random.Random, said: bytes) -> list[bytes]:
    """In one piece, in some, or in many small ones."""
    size = chance.choice([len(said), 10_007, 1009, max(1, len(said) // 50), 3])
    size = max(size, len(said) // 400)
    at, pieces = 0, []
    while at < len(said):
        step = chance.randint(1, 2 * size)
        pieces.append(said[at : at + step])
        at += step
    return pieces


def _check(lines: list[Line], answers: list[Response]) -> None:
    """Fail unless each line has its answer, in order, and the refusals are in the envelope."""
    assert [answer.status for answer in answers] == [line.status for line in lines]
    for answer in answers:
        if answer.status >= 400:
            assert_envelope(answer, answer.status, answer.json()["error"])
    created = [answer.json()["sessionId"] for answer in answers if answer.status == 201]
    assert len(set(created)) == len(created)
    assert answers[-1].headers["connection"] == "close"


@pytest.mark.parametrize("seed", SEEDS)
def test_every_whole_request_is_answered_in_order(runtime: Replica, seed: int) -> None:
    """Whatever stands behind it, and whatever it asks of the connection."""
    chance = random.Random(seed)
    for _ in range(CONVERSATIONS):
        lines = [_whole(chance) for _ in range(chance.randrange(6))] + [_end(chance)]
        said = b"".join(line.said for line in lines)
        _check(lines, wire.converse(runtime, *_split(chance, said)))
    log = runtime.log.read_text()
    assert "Traceback" not in log
    assert "Exception in ASGI" not in log


@pytest.mark.parametrize("seed", SEEDS)
def test_a_client_that_leaves_half_way_disturbs_nobody(runtime: Replica, seed: int) -> None:
    """Cut anywhere, or damaged anywhere; the replica goes on without a fault in its log."""
    chance = random.Random(seed)
    for _ in range(CONVERSATIONS):
        said = bytearray(b"".join(_whole(chance).said for _ in range(3)))
        for _ in range(chance.randrange(4)):
            said[chance.randrange(len(said))] = chance.randrange(256)
        wire.send_and_leave(runtime, bytes(said[: chance.randrange(len(said))]))
    assert runtime.get("/health").status == 200
    log = runtime.log.read_text()
    assert "Traceback" not in log
    assert "Exception in ASGI" not in log

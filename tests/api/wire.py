"""HTTP spoken byte by byte, for what no client library would send."""

import contextlib
import io
import socket
from http.client import HTTPResponse

from tests.servers import Replica, Response


def exchange(replica: Replica, *requests: bytes) -> list[Response]:
    """Send bytes over one connection and read an answer for each piece of them."""
    with socket.create_connection(("127.0.0.1", replica.port), 20) as connection:
        return [_answer(connection, request) for request in requests]


def _answer(connection: socket.socket, request: bytes) -> Response:
    connection.sendall(request)
    method = request.partition(b" ")[0].decode("latin-1")
    answer = HTTPResponse(connection, method=method)
    answer.begin()
    return Response(answer.status, dict(answer.getheaders()), answer.read())


class _Answers(io.BytesIO):
    """All the answers of a connection, which HTTPResponse reads one after another."""

    def makefile(self, *_: object) -> "_Answers":
        """What HTTPResponse reads from."""
        return self

    def close(self) -> None:
        """It closes what it has read; the next answer stands behind."""


def read_all(connection: socket.socket) -> bytes:
    """Everything until the server closes."""
    received = bytearray()
    with contextlib.suppress(ConnectionError):
        while data := connection.recv(65536):
            received += data
    return bytes(received)


def parse(received: bytes) -> list[Response]:
    """The answers that a connection gave; none of them to HEAD."""
    stream = _Answers(received)
    answers = []
    while stream.tell() < len(received):
        answer = HTTPResponse(stream)  # type: ignore[arg-type]
        answer.begin()
        answers.append(Response(answer.status, dict(answer.getheaders()), answer.read()))
    return answers


def converse(replica: Replica, *pieces: bytes) -> list[Response]:
    """Send pieces over one connection and give its answers, once the server has closed it."""
    with socket.create_connection(("127.0.0.1", replica.port), 20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
        return parse(read_all(connection))


def request(method: str, path: bytes, headers: bytes = b"", body: bytes = b"") -> bytes:
    """The bytes of a request whose path is sent as it is."""
    length = b"content-length: %d\r\n" % len(body) if body else b""
    head = b"%s %s HTTP/1.1\r\nhost: x\r\n" % (method.encode(), path)
    return head + length + headers + b"\r\n" + body


def chunked(method: str, path: bytes, headers: bytes, *chunks: bytes) -> bytes:
    """The bytes of a request whose length is not told."""
    head = b"%s %s HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n" % (method.encode(), path)
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head + headers + b"\r\n" + body + b"0\r\n\r\n"


def send_and_leave(replica: Replica, data: bytes) -> None:
    """Send bytes and close the connection without waiting for an answer."""
    with socket.create_connection(("127.0.0.1", replica.port), 20) as connection:
        connection.sendall(data)

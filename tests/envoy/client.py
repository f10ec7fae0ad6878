"""A client that shows a response exactly as it came."""

import http.client
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass

TIMEOUT_SECONDS = 20


@dataclass
class Reply:
    """A response: header names in lower case, repeated headers kept."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key == name]


def connect(port: int) -> http.client.HTTPConnection:
    """A connection to a local port."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)


def read(connection: http.client.HTTPConnection) -> Reply:
    """The response to the request that was sent last."""
    response = connection.getresponse()
    headers = [(name.lower(), value) for name, value in response.getheaders()]
    return Reply(response.status, headers, response.read())


def send(
    port: int,
    path: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | Iterable[bytes] | None = None,
) -> Reply:
    """One request on a connection of its own; an iterable body is sent chunked."""
    with closing(connect(port)) as connection:
        chunked = body is not None and not isinstance(body, bytes)
        framing = {"transfer-encoding": "chunked"} if chunked else {}
        connection.request(
            method, path, body, dict(headers or {}) | framing, encode_chunked=chunked
        )
        return read(connection)

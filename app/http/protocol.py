"""HTTP/1.1 itself, where the server below does less than a caller may expect.

What is no request is answered in the one envelope, where the server has plain text. A head is
bounded, where the server reads any. And a connection is closed so that the client can read its 401
or 413: one that still sends its body when the server closes at once meets a reset instead.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import ApiError
from app.http.request_id import HEADER, new_request_id
from app.http.respond import JSON, json_bytes

# A request's line and headers, in bytes; what arrives in one piece with them may be over it.
MAX_HEAD_BYTES = 64 * 1024
# How long a client may go on sending what nobody reads, before it is cut off.
LINGER_SECONDS = 5.0

_NOT_HTTP = ApiError(
    "invalid_body",
    f"this is no HTTP/1.1 request, or its head is over the limit of {MAX_HEAD_BYTES} bytes",
)


def _refusal() -> bytes:
    body = json_bytes(_NOT_HTTP.envelope())
    head = (
        f"HTTP/1.1 {_NOT_HTTP.kind.status} Bad Request\r\ncontent-type: {JSON}\r\n"
        f"content-length: {len(body)}\r\n{HEADER.decode()}: {new_request_id()}\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode() + body


class _Lingering:
    """A transport that closes its own direction first while the client is still sending."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._ending = False
        self.client_is_sending = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self._ending or self._transport.is_closing()

    def close(self) -> None:
        if self._ending or not self.client_is_sending or self._transport.is_closing():
            self._transport.close()
            return
        self._ending = True
        self._transport.write_eof()
        self._transport.resume_reading()
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.close)

    def end_of_request(self) -> None:
        """The client has sent everything."""
        self.client_is_sending = False
        if self._ending:
            self._transport.close()


class HttpProtocol(HttpToolsProtocol):
    """One connection."""

    _in_head = False
    _head_bytes = 0
    _deaf = False

    def connection_made(self, transport: Any) -> None:
        """A client is there."""
        self._line = _Lingering(transport)
        super().connection_made(self._line)  # type: ignore[arg-type]

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._line.client_is_sending = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header is whole; the trailers of a chunked body are nobody's concern."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole."""
        super().on_message_complete()
        self._line.end_of_request()

    def data_received(self, data: bytes) -> None:
        """Some bytes; a head that does not end is given up."""
        if self._deaf:
            return
        began_in_head = self._in_head
        super().data_received(data)
        if began_in_head and self._in_head and not self._deaf:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.send_400_response("")

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (the envelope says it)
        """Say that this is no request, read no more of it, and close the connection."""
        self._deaf = self._line.client_is_sending = True
        self._line.write(_refusal())
        self._line.close()

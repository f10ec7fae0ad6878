"""Answers to HTTP/1.0, which knows no chunks: what has no length ends with the connection.

Leans on uvicorn's `RequestResponseCycle.chunked_encoding` and `.expected_content_length`: the first
is set before the head is sent, so that none is chosen, and the second before each piece.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class LengthlessSend:
    """A cycle's `send` for a client of HTTP/1.0; its connection is closed after the answer."""

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._send = cycle.send
        self._has_length = True

    async def __call__(self, message: Any) -> None:
        """Send one message of the answer."""
        if message["type"] == "http.response.start":
            self._has_length = any(n.lower() == b"content-length" for n, _ in message["headers"])
            if not self._has_length:
                self._cycle.chunked_encoding = False
        elif not self._has_length:
            self._cycle.expected_content_length = len(message.get("body", b""))
        await self._send(message)

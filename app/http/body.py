"""Request bodies: read whole within one limit, as sent and inflated (http-control-api.md)."""

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from app.errors import ApiError
from app.http.headers import Scope, header

Receive = Callable[[], Awaitable[Any]]

_GZIP = ("gzip", "x-gzip")
_GZIP_WINDOW = 31
# Each takes time however little is in it, which no other call should have to wait for.
MAX_MEMBERS = 1000


class ClientGone(Exception):  # noqa: N818 (an event, not an error)
    """The client left before its body was read: there is nobody to answer."""


def too_large(limit: int) -> ApiError:
    """The error for a body over the limit, which is in bytes."""
    return ApiError(
        "body_too_large",
        f"the body is over the limit of {limit} bytes, sent or inflated (SOFTPROBE_MAX_BODY_BYTES)",
    )


def _bad_gzip() -> ApiError:
    return ApiError("invalid_body", "the body is not whole gzip, as its content-encoding says")


def _too_many_members() -> ApiError:
    message = f"the body is more than {MAX_MEMBERS} members of gzip: send it as one"
    return ApiError("body_too_large", message)


class _Gunzip:
    """Inflates the members of a gzip stream one after another, never past the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._members = 1
        self._started = False
        self._size = 0

    def feed(self, data: bytes) -> bytes:
        """The next inflated bytes. Raises `body_too_large` or `invalid_body`."""
        pieces = []
        while data:
            if self._member.eof:
                self._begin_member()
            self._started = True
            piece, data = self._inflate(data)
            self._size += len(piece)
            if self._size > self._limit:
                raise too_large(self._limit)
            pieces.append(piece)
        return b"".join(pieces)

    def _begin_member(self) -> None:
        if self._members == MAX_MEMBERS:
            raise _too_many_members()
        self._members += 1
        self._member = zlib.decompressobj(_GZIP_WINDOW)

    def _inflate(self, data: bytes) -> tuple[bytes, bytes]:
        try:
            piece = self._member.decompress(data, self._limit - self._size + 1)
        except zlib.error:
            raise _bad_gzip() from None
        return piece, self._member.unconsumed_tail or self._member.unused_data

    def finish(self) -> None:
        """Raises `invalid_body` if the stream ends inside a member or has none."""
        if not (self._started and self._member.eof):
            raise _bad_gzip()


async def _messages(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        if chunk := message.get("body", b""):
            yield chunk
        if not message.get("more_body", False):
            return


async def _chunks(scope: Scope, receive: Receive, limit: int) -> AsyncIterator[bytes]:
    """The body as it is sent. Raises `body_too_large` as soon as that is over the limit."""
    length = header(scope, b"content-length")
    if length.isdigit() and int(length) > limit:
        raise too_large(limit)
    size = 0
    async for chunk in _messages(receive):
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        yield chunk


async def _plain(chunks: AsyncIterator[bytes]) -> bytes:
    pieces = [chunk async for chunk in chunks]
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _gunzipped(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    gunzip = _Gunzip(limit)
    inflated = bytearray()
    async for chunk in chunks:
        inflated += gunzip.feed(chunk)
    gunzip.finish()
    return bytes(inflated)


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The call's body, inflated.

    limit: how long it may be, as it is sent and inflated, in bytes.
    Raises `body_too_large`, `unsupported_media_type` for another coding than gzip, `invalid_body`
    for gzip that is broken, or ClientGone.
    """
    coding = header(scope, b"content-encoding").strip().lower()
    if coding in ("", "identity"):
        return await _plain(_chunks(scope, receive, limit))
    if coding in _GZIP:
        return await _gunzipped(_chunks(scope, receive, limit), limit)
    raise ApiError("unsupported_media_type", "content-encoding must be gzip or identity")

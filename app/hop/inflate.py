"""Inflating: the bytes behind a body's content codings, within limits of size and of work."""

import zlib
from collections.abc import Iterable

# The window bits of zlib for each coding; some clients send `deflate` without zlib's header.
_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
# Each member copies the rest of the body, so a body of tiny members would take quadratic time.
_MAX_MEMBERS = 16
# A body can be made that inflates to itself, for as long as a header asks.
MAX_CODINGS = 4


def codings_of(headers: Iterable[str]) -> list[str]:
    """The content codings that a header's values list, in the order in which they were applied."""
    names = (name.strip().lower() for header in headers for name in header.split(","))
    return [name for name in names if name not in ("", "identity")]


def _members(body: bytes, window: int, limit: int) -> bytes | None:
    inflated = b""
    for _ in range(_MAX_MEMBERS):
        member = zlib.decompressobj(window)
        inflated += member.decompress(body, limit + 1 - len(inflated))
        if len(inflated) > limit or not member.eof:
            return None
        body = member.unused_data
        if not body:
            return inflated
    return None


def _inflated(body: bytes, coding: str, limit: int) -> bytes | None:
    for window in _WINDOWS.get(coding, ()):
        try:
            return _members(body, window, limit)
        except zlib.error:
            continue
    return None


def inflate(body: bytes, content_encodings: Iterable[str], limit: int) -> bytes:
    """The body without its codings; as it came where one is unknown, broken or over the limit.

    content_encodings: the values of the header, each perhaps a list.
    limit: how long the inflated body may be, in bytes.
    """
    codings = codings_of(content_encodings)
    if len(codings) > MAX_CODINGS:
        return body
    plain = body
    for coding in reversed(codings):
        inflated = _inflated(plain, coding, limit)
        if inflated is None:
            return body
        plain = inflated
    return plain

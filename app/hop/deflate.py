"""Deflating: the way back from `inflate`, for a body that has been changed meanwhile."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Mapping

from app.hop.inflate import MAX_CODINGS, codings_of


def _gzip(body: bytes) -> bytes:
    # Without a time, so that the same body always gives the same bytes.
    return gzip.compress(body, mtime=0)


_BY_CODING: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": zlib.compress,
}


def deflate(body: bytes, content_encodings: Iterable[str]) -> bytes | None:
    """A body in its content codings; None where one is unknown or there are too many.

    content_encodings: the values of the header, each perhaps a list.
    """
    codings = codings_of(content_encodings)
    if len(codings) > MAX_CODINGS or not _BY_CODING.keys() >= set(codings):
        return None
    for coding in codings:
        body = _BY_CODING[coding](body)
    return body

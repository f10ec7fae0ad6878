"""What a request holds beside its body: head, framing of chunks, trailers; all of it bounded."""

from app.errors import ApiError
from app.http.head import Headers

# A request's target, headers and trailers together, in bytes.
MAX_HEAD_BYTES = 64 * 1024
# What a header costs beside its name and value: the colon, a space and the end of the line.
_FIELD_FRAMING = 4
# What a chunk may cost beside its bytes; only what is over that counts, as extensions are.
_CHUNK_FRAMING = 16


def _too_long() -> ApiError:
    return ApiError(
        "invalid_body",
        "the request's head, chunk extensions and trailers are over the limit of "
        f"{MAX_HEAD_BYTES} bytes",
    )


class Overhead:
    """Counts in two ways: what the parser has named, and what it has swallowed and not named yet.

    The first is exact and the same however the bytes were split; it is counted only where there is
    enough to matter. The second holds what never ends, a header or an extension, within bounds.
    """

    def __init__(self) -> None:
        self._piece = 0
        self.begin()

    def begin(self) -> None:
        """A request begins."""
        self._seen = self._piece
        self._named = 0
        self._swallowed = 0
        self._known = 0
        self._began_here = True

    def piece_comes(self, size: int) -> None:
        """Some bytes are about to be parsed."""
        self._piece = size
        self._seen += size

    def named(self, target: bytes, headers: Headers) -> None:
        """The head or the trailers are whole. Raises `invalid_body` over the limit for both."""
        if self._seen > MAX_HEAD_BYTES:
            fields = (len(name) + len(value) + _FIELD_FRAMING for name, value in headers)
            self._named += len(target) + sum(fields)
            if self._named > MAX_HEAD_BYTES:
                raise _too_long()

    def chunk(self) -> None:
        """A chunk begins."""
        self._known += _CHUNK_FRAMING

    def body(self, size: int) -> None:
        """Some of the body was parsed, in bytes."""
        self._known += size

    def piece_went(self) -> None:
        """They have been parsed. Raises `invalid_body` over the limit.

        What came in one piece with the request's first byte may be another request's and is free.
        """
        if self._began_here:
            self._began_here = False
        else:
            self._swallowed = max(0, self._swallowed + self._piece - self._known)
        self._known = 0
        if self._swallowed > MAX_HEAD_BYTES:
            raise _too_long()

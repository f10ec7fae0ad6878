"""What a request holds beside its body: head, framing of chunks, trailers; all of it bounded."""

from app.errors import ApiError

# A request's line, headers and trailers together, in bytes.
MAX_HEAD_BYTES = 64 * 1024
# What a header costs beside its name and value: the colon, a space and the end of the line.
_FIELD_FRAMING = 4
# What a chunk may cost beside its bytes; only what is over that counts as an extension does.
_CHUNK_FRAMING = 16


def _too_long() -> ApiError:
    return ApiError(
        "invalid_body",
        "the request's head, chunk extensions and trailers are over the limit of "
        f"{MAX_HEAD_BYTES} bytes",
    )


class Overhead:
    """Counts in two ways: what the parser names, and what it has swallowed and not named yet.

    The first is exact and the same however the bytes were split; the second holds what never ends,
    a header or the extension of a chunk, within bounds.
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A request begins."""
        self._named = 0
        self._swallowed = 0
        self._known = 0
        self._began_here = True

    def field(self, size: int) -> None:
        """A target, header or trailer was read. Raises `invalid_body` over the limit.

        size: of name and value, in bytes.
        """
        self._named += size + _FIELD_FRAMING
        if self._named > MAX_HEAD_BYTES:
            raise _too_long()

    def body(self, size: int) -> None:
        """Some of the body was read, in bytes."""
        self._known += size

    def chunk(self) -> None:
        """A chunk begins."""
        self._known += _CHUNK_FRAMING

    def piece(self, size: int) -> None:
        """Some bytes have been parsed. Raises `invalid_body` over the limit.

        What came in one piece with the request's first byte may be another request's and is free.
        """
        if self._began_here:
            self._began_here = False
        else:
            self._swallowed = max(0, self._swallowed + size - self._known)
        self._known = 0
        if self._swallowed > MAX_HEAD_BYTES:
            raise _too_long()

"""A form body, `name=value&…`: its redacted fields, known by where they stand."""

from urllib.parse import unquote_to_bytes

from app.hop.redaction import REDACTED

_MARK = REDACTED.encode()


def _is_redacted(piece: bytes) -> bool:
    _, equals, value = piece.partition(b"=")
    return bool(equals) and unquote_to_bytes(value.replace(b"+", b" ")) == _MARK


def redacted_fields(body: bytes) -> tuple[int, ...]:
    """The positions of the fields whose value is redacted, from 0."""
    return tuple(at for at, piece in enumerate(body.split(b"&")) if _is_redacted(piece))


def redact_fields(body: bytes, positions: tuple[int, ...]) -> bytes | None:
    """The body with the redaction mark in the fields at these positions; None if one is missing."""
    pieces = body.split(b"&")
    for at in positions:
        name, equals, _ = pieces[at].partition(b"=") if at < len(pieces) else (b"", b"", b"")
        if not equals:
            return None
        pieces[at] = name + equals + _MARK
    return b"&".join(pieces)

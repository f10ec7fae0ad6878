"""What a preparing process says, in frames: a kind, a length, and that many bytes."""

import json
import struct
from collections.abc import Iterator

from app.api.preparation import Head, Part, Prepared
from app.errors import ApiError, Detail

FRAME = struct.Struct(">cI")
_LENGTHS = struct.Struct(">II")
_HEAD, _PART, _REFUSAL = b"h", b"p", b"r"


def _frame(kind: bytes, octets: bytes) -> bytes:
    return FRAME.pack(kind, len(octets)) + octets


def _fields(part: Part) -> Iterator[bytes]:
    for name, value in part:
        yield _LENGTHS.pack(len(name), len(value))
        yield name
        yield value


def prepared_frame(prepared: Prepared) -> bytes:
    """The frame of a head or a part."""
    if isinstance(prepared, Head):
        return _frame(_HEAD, json.dumps(prepared).encode())
    return _frame(_PART, b"".join(_fields(prepared)))


def refusal_frame(error: ApiError) -> bytes:
    """The frame of an error of the catalogue."""
    said = [error.name, error.message, error.details]
    return _frame(_REFUSAL, json.dumps(said).encode())


def _part(octets: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(octets):
        name, value = _LENGTHS.unpack_from(octets, at)
        at += _LENGTHS.size
        yield octets[at : at + name], octets[at + name : at + name + value]
        at += name + value


def read_frame(kind: bytes, octets: bytes) -> Prepared:
    """What a frame holds. Raises the error that it tells of."""
    if kind == _PART:
        return list(_part(octets))
    said = json.loads(octets)
    if kind == _HEAD:
        return Head(*said)
    name, message, details = said
    raise ApiError(name, message, [Detail(*detail) for detail in details])

"""A long payload to OTLP JSON, a piece at a time: the bytes of `case_trace`, in bounded memory.

Messages and texts that are longer than they should be at once are walked through as their bytes
come in; whatever is shorter goes through the writer of whole messages.
"""

import base64
import codecs
import json
from collections.abc import Generator
from typing import Any, TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.otlp.json_scalars import ID_FIELDS
from app.otlp.json_writer import to_json

Made = TypeVar("Made")
# What reads and writes as it goes: it gives pieces, and where it gives an empty one it is sent more
# of the payload.
Steps = Generator[bytes, bytes, Made]

# What is longer is walked through, in bytes.
LONG_BYTES = 64 * 1024

_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
_FIXED = {_FIXED64: 8, _FIXED32: 4}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _varint_bytes(value: int) -> bytes:
    octets = bytearray()
    while value > 0x7F:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*octets, value])


class _Source:
    """The payload as it comes in."""

    def __init__(self) -> None:
        self._held = b""
        self._at = 0
        self.position = 0

    def some(self, limit: int) -> Steps[bytes]:
        """Some of what comes next, `limit` bytes at most."""
        while self._at == len(self._held):
            self._held, self._at = (yield b""), 0
        taken = self._held[self._at : self._at + limit]
        self._at += len(taken)
        self.position += len(taken)
        return taken

    def exactly(self, size: int) -> Steps[bytes]:
        """The next `size` bytes."""
        octets = b""
        while len(octets) < size:
            octets += yield from self.some(size - len(octets))
        return octets

    def varint(self) -> Steps[int]:
        """The number that comes next."""
        value = shift = 0
        while True:
            [octet] = yield from self.some(1)
            value |= (octet & 0x7F) << shift
            if octet < 0x80:
                return value
            shift += 7

    def value(self, wire_type: int) -> Steps[bytes]:
        """The bytes of a field of this wire type that is no longer than it may be."""
        if wire_type == _VARINT:
            return _varint_bytes((yield from self.varint()))
        return (yield from self.exactly(_FIXED[wire_type]))


def _text(source: _Source, size: int) -> Steps[None]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    yield b'"'
    while size:
        octets = yield from source.some(size)
        size -= len(octets)
        if piece := _json(decoder.decode(octets, final=not size))[1:-1]:
            yield piece
    yield b'"'


def _octets(source: _Source, size: int) -> Steps[None]:
    held = b""
    yield b'"'
    while size:
        octets = yield from source.some(size)
        size -= len(octets)
        held += octets
        whole = len(held) - len(held) % 3 if size else len(held)
        if whole:
            yield base64.b64encode(held[:whole])
        held = held[whole:]
    yield b'"'


def _hex(source: _Source, size: int) -> Steps[None]:
    yield b'"'
    while size:
        octets = yield from source.some(size)
        size -= len(octets)
        yield octets.hex().encode()
    yield b'"'


class _Object:
    """The JSON object of a message whose fields come in their order, as they are serialized."""

    def __init__(self, kind: Descriptor, source: _Source, long_bytes: int) -> None:
        self._kind = kind
        self._source = source
        self._long = long_bytes
        self._open: FieldDescriptor | None = None
        self._is_empty = True

    def write(self, size: int) -> Steps[None]:
        """The object of a message that takes the next `size` bytes."""
        end = self._source.position + size
        yield b"{"
        while self._source.position < end:
            tag = yield from self._source.varint()
            yield from self._field(self._kind.fields_by_number[tag >> 3], tag)
        yield from self._shut()
        yield b"}"

    def _field(self, field: FieldDescriptor, tag: int) -> Steps[None]:
        wire_type = tag & 7
        if wire_type != _DELIMITED:
            value = yield from self._source.value(wire_type)
            yield from self._short(field, _varint_bytes(tag) + value)
            return
        size = yield from self._source.varint()
        if size > self._long:
            yield from self._next(field)
            yield from self._long_value(field, size)
            return
        head = _varint_bytes(tag) + _varint_bytes(size)
        yield from self._short(field, head + (yield from self._source.exactly(size)))

    def _short(self, field: FieldDescriptor, octets: bytes) -> Steps[None]:
        """A field by itself, through the writer of whole messages."""
        value: Any = to_json(GetMessageClass(self._kind).FromString(octets))[field.json_name]
        yield from self._next(field)
        yield _json(value)[1:-1] if field.is_repeated else _json(value)

    def _long_value(self, field: FieldDescriptor, size: int) -> Steps[None]:
        if field.message_type is not None:
            yield from _Object(field.message_type, self._source, self._long).write(size)
        elif field.type == FieldDescriptor.TYPE_STRING:
            yield from _text(self._source, size)
        else:
            write = _hex if field.name in ID_FIELDS else _octets
            yield from write(self._source, size)

    def _next(self, field: FieldDescriptor) -> Steps[None]:
        """What stands before a value of a field."""
        if self._open is field and field.is_repeated:
            yield b","
            return
        if self._open and self._open.number >= field.number:
            raise ValueError(f"{field.full_name} comes after {self._open.full_name}")
        yield from self._shut()
        if self._kind is KeyValue.DESCRIPTOR and self._is_empty and field.name != "key":
            yield b'"key":""'
            self._is_empty = False
        yield (b"" if self._is_empty else b",") + _json(field.json_name) + b":"
        if field.is_repeated:
            yield b"["
        self._open, self._is_empty = field, False

    def _shut(self) -> Steps[None]:
        if self._open and self._open.is_repeated:
            yield b"]"


class TraceStream:
    """The OTLP JSON text of one stored payload, made as the payload comes in.

    size: the payload's, in bytes; it is one that `ObservedSpan.payload` gives.
    long_bytes: how much of it may be turned at once.
    """

    def __init__(self, size: int, long_bytes: int = LONG_BYTES) -> None:
        self._steps = _Object(TracesData.DESCRIPTOR, _Source(), long_bytes).write(size)
        self._beginning = self._until_more(next(self._steps))

    def _until_more(self, piece: bytes) -> bytes:
        made = bytearray()
        try:
            while piece:
                made += piece
                piece = next(self._steps)
        except StopIteration:
            pass
        return bytes(made)

    def feed(self, octets: bytes) -> bytes:
        """The text that some more of the payload gives."""
        beginning, self._beginning = self._beginning, b""
        return beginning + self._until_more(self._steps.send(octets))

"""The scalars of OTLP JSON: how each kind is read from a JSON value, with what proto3 lets pass.

Every reader raises ValueError (OverflowError for a number too big to convert) for a value that is
not of its kind.
"""

import math
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from app.otlp.octets import from_base64, from_hex

ID_FIELDS = frozenset({"trace_id", "span_id", "parent_span_id"})
NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})

_ID_LENGTHS = (8, 16)
_INTEGER = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class Scalar(NamedTuple):
    """A kind of scalar.

    expected: what its place expects, to end the sentence "must be ...".
    read: gives the value for the message's field.
    """

    expected: str
    read: Callable[[object], object]


def _string(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError


def _number(value: object) -> int | float:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise ValueError


def _integer(value: object) -> int:
    number = _number(value)
    if number == int(number):
        return int(number)
    raise ValueError


def _double(value: object) -> float:
    if isinstance(value, str) and value in NOT_FINITE:
        return float(value)
    number = float(_number(value))
    if math.isfinite(number):
        return number
    raise ValueError


def _octets(value: object) -> bytes:
    octets = from_base64(_string(value))
    if octets is None:
        raise ValueError
    return octets


def _enum(kind: EnumDescriptor, value: object) -> int:
    if isinstance(value, str) and value in kind.values_by_name:
        return kind.values_by_name[value].number
    return _integer(value)


# A misshapen id is left empty: it costs its span alone, never the payload.
def _wire_id(value: object) -> bytes:
    return (isinstance(value, str) and from_hex(value)) or b""


# Only the length tells unpadded base64 from hex: it may be all of hex digits.
def _file_id(value: object) -> bytes:
    octets = _wire_id(value)
    if len(octets) in _ID_LENGTHS:
        return octets
    decoded = (isinstance(value, str) and from_base64(value)) or b""
    return decoded if len(decoded) in _ID_LENGTHS else octets


_WIRE_ID = Scalar("an id in hex", _wire_id)
_FILE_ID = Scalar("an id in hex or base64", _file_id)
_WHOLE_NUMBER = Scalar("a whole number in range, or one in a string", _integer)
_BY_TYPE: Mapping[int, Scalar] = {
    FieldDescriptor.TYPE_STRING: Scalar("a string", _string),
    FieldDescriptor.TYPE_BOOL: Scalar("true or false", _boolean),
    FieldDescriptor.TYPE_BYTES: Scalar("base64 in a string", _octets),
    FieldDescriptor.TYPE_DOUBLE: Scalar("a number, or one in a string", _double),
}


def scalar_of(field: FieldDescriptor, *, lenient_ids: bool) -> Scalar:
    """How the values of a field that is no message are read.

    lenient_ids: take ids in base64 too, as files of other tools have them.
    """
    if field.name in ID_FIELDS:
        return _FILE_ID if lenient_ids else _WIRE_ID
    if field.enum_type is not None:
        return Scalar("a number or a name of its enum", partial(_enum, field.enum_type))
    return _BY_TYPE.get(field.type, _WHOLE_NUMBER)

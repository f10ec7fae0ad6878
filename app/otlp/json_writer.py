"""Messages to OTLP JSON, driven by the messages' own descriptors, each in one spelling only.

Lower-camel names, 64-bit integers as strings, ids in lower-case hex, enums as numbers; what is
unset is left out, but a member of a oneof that is set is written even where it is empty.
"""

import json
import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.otlp.json_scalars import ID_FIELDS
from app.otlp.octets import to_base64

_Write = Callable[[Any], object]


def _double(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _as_is(value: object) -> object:
    return value


def to_json(message: Message) -> dict[str, object]:
    """The OTLP JSON of a message, as Python values that `json` can write."""
    return {field.json_name: _writer(field)(value) for field, value in message.ListFields()}


def _pair(pair: Message) -> dict[str, object]:
    """A key and its value: the key is written even where it is empty, for readers need one."""
    return {"key": "", **to_json(pair)}


_BY_TYPE: Mapping[int, _Write] = {
    FieldDescriptor.TYPE_MESSAGE: to_json,
    FieldDescriptor.TYPE_BYTES: to_base64,
    FieldDescriptor.TYPE_DOUBLE: _double,
    FieldDescriptor.TYPE_INT64: str,
    FieldDescriptor.TYPE_UINT64: str,
    FieldDescriptor.TYPE_FIXED64: str,
}


@cache
def _writer(field: FieldDescriptor) -> _Write:
    write = bytes.hex if field.name in ID_FIELDS else _BY_TYPE.get(field.type, _as_is)
    if field.message_type is KeyValue.DESCRIPTOR:
        write = _pair
    return (lambda items: [write(item) for item in items]) if field.is_repeated else write


def json_bytes(message: Message) -> bytes:
    """The OTLP JSON text of a message: compact, in UTF-8, with every character as itself."""
    text = json.dumps(to_json(message), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def case_trace(payload: bytes) -> bytes:
    """The OTLP JSON text of a stored payload, as it stands in the `traces` of a case file.

    payload: a serialized `TracesData`, as `ObservedSpan.payload` gives it.
    """
    return json_bytes(TracesData.FromString(payload))

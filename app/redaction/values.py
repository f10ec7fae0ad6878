"""Values of attributes: changed in place, one by one where there are several."""

from collections.abc import Callable

from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from app.hop.redaction import REDACTED

Change = Callable[[str], str]


def replace_value(value: AnyValue) -> None:
    """Put the mark in the place of a value, or of each one of an array."""
    if value.HasField("array_value"):
        for item in value.array_value.values:
            item.string_value = REDACTED
    elif value.WhichOneof("value") is not None:
        value.string_value = REDACTED


def change_texts(value: AnyValue, change: Change) -> None:
    """Change the string that a value is, or each one of an array."""
    if value.HasField("array_value"):
        for item in value.array_value.values:
            change_texts(item, change)
    elif value.HasField("string_value"):
        value.string_value = change(value.string_value)
    elif value.HasField("bytes_value"):
        text = value.bytes_value.decode("latin-1")
        value.bytes_value = change(text).encode("latin-1", "replace")

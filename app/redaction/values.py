"""Values of attributes: changed in place, one by one where there are several."""

from collections.abc import Callable

from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from app.hop.redaction import REDACTED

Change = Callable[[str], str]
Gone = Callable[[str], bool]

_NUMBERS = ("int_value", "double_value")


def _number(value: AnyValue) -> int | float:
    return value.int_value if value.HasField("int_value") else value.double_value


def replace_value(value: AnyValue) -> None:
    """Put the mark in the place of a value, or of each one of an array."""
    if value.HasField("array_value"):
        for item in value.array_value.values:
            item.string_value = REDACTED
    elif value.WhichOneof("value") is not None:
        value.string_value = REDACTED


def _change_octets(octets: bytes, change: Change) -> bytes:
    try:
        return change(octets.decode()).encode()
    except UnicodeDecodeError:
        return change(octets.decode("latin-1")).encode("latin-1", "replace")


def change_texts(value: AnyValue, change: Change) -> None:
    """Change the string that a value is, or each one in it, names too."""
    if value.HasField("array_value"):
        for item in value.array_value.values:
            change_texts(item, change)
    elif value.HasField("kvlist_value"):
        for pair in value.kvlist_value.values:
            pair.key = change(pair.key)
            change_texts(pair.value, change)
    elif value.HasField("string_value"):
        value.string_value = change(value.string_value)
    elif value.HasField("bytes_value"):
        value.bytes_value = _change_octets(value.bytes_value, change)


def replace_where(value: AnyValue, is_named: Callable[[str], bool], is_gone: Gone) -> None:
    """Replace what stands in a value behind a name, and the numbers in it that are to go.

    is_named: whether what is behind that name goes. is_gone: whether a number, as text, goes.
    """
    if value.HasField("array_value"):
        for item in value.array_value.values:
            replace_where(item, is_named, is_gone)
    elif value.HasField("kvlist_value"):
        for pair in value.kvlist_value.values:
            if is_named(pair.key):
                replace_value(pair.value)
            replace_where(pair.value, is_named, is_gone)
    elif value.WhichOneof("value") in _NUMBERS and is_gone(str(_number(value))):
        replace_value(value)

"""Attributes: OTLP's key-value pairs as plain Python values, and those values as text."""

import json
from abc import abstractmethod
from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from app.otlp.octets import to_base64

# str, bool, int, float, bytes, list or dict of the like, or None where the value is not set.
Plain = object
Attributes = Mapping[str, Plain]


class AttributeTexts(Mapping[str, Plain]):
    """Attributes of which a text is known without making plain values of them.

    held: tells by `in` which there are, sooner than the mapping itself.
    """

    held: Container[str]

    @abstractmethod
    def text(self, key: str) -> str:
        """The text of an attribute; empty if it is missing."""


def _plain(value: AnyValue) -> Plain:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return attributes(value.kvlist_value.values)
    # A `string_value_strindex` points into a table that only profiles have.
    if kind is None or kind == "string_value_strindex":
        return None
    return getattr(value, kind)


def attribute_value(value: AnyValue) -> Plain:
    """The plain value of an attribute."""
    return _plain(value)


def _decoded(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        # What HTTP headers were before UTF-8: loses nothing, whatever the bytes.
        return octets.decode("latin-1")


def text(value: Plain) -> str:
    """An attribute's value as text: a string as itself, anything that is not text as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return _decoded(value)
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=to_base64)


def texts_of(known: Attributes) -> tuple[Container[str], Callable[[str], str]]:
    """What tells by `in` which attributes there are, and what gives the text of one by its key."""
    # Before the question that takes an abstract class long to answer.
    if type(known) is not dict and isinstance(known, AttributeTexts):
        return known.held, known.text
    get = known.get
    return known, lambda key: text(get(key))


def attributes(pairs: Iterable[KeyValue]) -> dict[str, Plain]:
    """The pairs as a map of plain values; of a repeated key the last one counts."""
    return {pair.key: _plain(pair.value) for pair in pairs}


def attribute(pairs: Sequence[KeyValue], key: str) -> Plain:
    """The plain value of one key without reading the others; None if it is not among the pairs."""
    return next((_plain(pair.value) for pair in reversed(pairs) if pair.key == key), None)

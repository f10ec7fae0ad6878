"""A view of traces in which attributes are a map: the wire's bytes are the same for both.

`repeated KeyValue attributes` and `map<string, AnyValue> attributes` differ only in how a decoder
keeps them. With a map it finds an attribute by its key, where a hop is asked for few of many.
"""

from collections.abc import Callable, ItemsView, Iterator
from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from app.otlp.attributes import Attributes, AttributeTexts, Plain, attribute_value, text

_VIEWED = ("Span", "Resource")


def _make_map(message: DescriptorProto, field: FieldDescriptorProto, package: str) -> None:
    """Have a field of pairs read as a map."""
    entry = message.nested_type.add(name="AttributesEntry")
    entry.options.map_entry = True
    optional = FieldDescriptorProto.LABEL_OPTIONAL
    entry.field.add(name="key", number=1, type=FieldDescriptorProto.TYPE_STRING, label=optional)
    entry.field.add(
        name="value",
        number=2,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        label=optional,
        type_name=".opentelemetry.proto.common.v1.AnyValue",
    )
    field.type_name = f".{package}.{message.name}.AttributesEntry"


def _viewed(file: Any) -> FileDescriptorProto:
    """A file of OTLP's own descriptors, the attributes of spans and resources as maps."""
    viewed = FileDescriptorProto()
    file.DESCRIPTOR.CopyToProto(viewed)
    for message in viewed.message_type:
        if message.name in _VIEWED:
            [pairs] = [field for field in message.field if field.name == "attributes"]
            _make_map(message, pairs, viewed.package)
    return viewed


def _view() -> Any:
    pool = DescriptorPool()
    for file in (common_pb2, resource_pb2, trace_pb2):
        pool.Add(_viewed(file))
    name = trace_pb2.TracesData.DESCRIPTOR.full_name
    return GetMessageClass(pool.FindMessageTypeByName(name))


# In the place of an attribute that is missing.
NOTHING = common_pb2.AnyValue()

# Read as `TracesData` is, from the same bytes and with the same errors.
TracesView = _view()


class ViewedAttributes(AttributeTexts):
    """The attributes of a span or resource in a view; each is made plain when it is asked for.

    values: the map. in_order: gives the same as they came on the wire; a map has lost their order.
    """

    __slots__ = ("_in_order", "_values", "held")

    def __init__(self, values: Any, in_order: Callable[[], Attributes]) -> None:
        self._values = self.held = values
        self._in_order = in_order

    def text(self, key: str) -> str:
        """The text of an attribute; empty if it is missing."""
        value = self._values.get(key)
        if value is None:
            return ""
        return value.string_value or text(attribute_value(value))

    def get(self, key: str, default: Any = None) -> Any:
        """The plain value of an attribute."""
        value = self._values.get(key)
        return default if value is None else attribute_value(value)

    def items(self) -> ItemsView[str, Plain]:
        """Keys and plain values; in order where two keys differ in case only, as headers may."""
        if len({key.lower() for key in self._values}) < len(self._values):
            return self._in_order().items()
        return {key: attribute_value(value) for key, value in self._values.items()}.items()

    def __getitem__(self, key: str) -> Plain:
        # A map of messages makes up what is asked of it.
        if key not in self._values:
            raise KeyError(key)
        return attribute_value(self._values[key])

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

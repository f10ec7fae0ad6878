"""OTLP JSON to messages, driven by the messages' own descriptors.

Takes what proto3's JSON takes: names in lower camel or snake case, null for unset, unknown names
ignored. What differs in OTLP is in the scalars: ids are hex.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from app.errors import ApiError, Detail
from app.otlp.json_scalars import Scalar, scalar_of

# What protobuf's own parser takes below the root: what is read here can be stored and read back.
MAX_MESSAGE_DEPTH = 100

_KINDS = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
}

AnyMessage = TypeVar("AnyMessage", bound=Message)


class _MisfitError(Exception):
    """A value that its place cannot hold; the JSON Pointer of the place grows on the way out."""

    def __init__(self, problem: str, pointer: str = "") -> None:
        self.problem = problem
        self.pointer = pointer

    def under(self, step: str | int) -> "_MisfitError":
        return _MisfitError(self.problem, f"/{step}{self.pointer}")


def _kind(value: object) -> str:
    """What a JSON value is; itself it is not shown, as it may be a secret."""
    if value is None:
        return "null"
    return next(kind for type_, kind in _KINDS.items() if isinstance(value, type_))


def _misfit(expected: str, value: object) -> _MisfitError:
    return _MisfitError(f"must be {expected}, received {_kind(value)}")


class _Slot(NamedTuple):
    """A field of a message, as the reader needs it."""

    name: str
    is_message: bool
    is_repeated: bool
    scalar: Scalar


class _Reader:
    """Fills messages from JSON values; keeps the slots of every kind of message that it has met."""

    def __init__(self, *, lenient_ids: bool) -> None:
        self._lenient_ids = lenient_ids
        self._slots: dict[Descriptor, Mapping[str, _Slot]] = {}

    def fill(self, message: Message, value: object, depth: int = 0) -> None:
        if not isinstance(value, dict):
            raise _misfit("an object", value)
        if depth > MAX_MESSAGE_DEPTH:
            raise _MisfitError(f"must not nest more than {MAX_MESSAGE_DEPTH} messages")
        slots = self._slots_of(message)
        for name, item in value.items():
            slot = slots.get(name)
            if slot is not None and item is not None:
                try:
                    self._fill_slot(message, slot, item, depth)
                except _MisfitError as misfit:
                    raise misfit.under(name) from None

    def _fill_slot(self, message: Message, slot: _Slot, value: object, depth: int) -> None:
        try:
            if slot.is_repeated:
                self._fill_items(getattr(message, slot.name), slot, value, depth)
            elif slot.is_message:
                part = getattr(message, slot.name)
                part.SetInParent()
                self.fill(part, value, depth + 1)
            else:
                setattr(message, slot.name, slot.scalar.read(value))
        except (ValueError, OverflowError):
            # The scalar refused its kind, or the message its range.
            raise _misfit(slot.scalar.expected, value) from None

    def _fill_items(self, items: Any, slot: _Slot, value: object, depth: int) -> None:
        if not isinstance(value, list):
            raise _misfit("an array", value)
        for index, item in enumerate(value):
            try:
                if slot.is_message:
                    self.fill(items.add(), item, depth + 1)
                else:
                    items.append(slot.scalar.read(item))
            except _MisfitError as misfit:
                raise misfit.under(index) from None
            except (ValueError, OverflowError):
                raise _misfit(slot.scalar.expected, item).under(index) from None

    def _slots_of(self, message: Message) -> Mapping[str, _Slot]:
        kind = cast("Descriptor", message.DESCRIPTOR)
        if kind not in self._slots:
            self._slots[kind] = {
                name: self._slot(field)
                for field in kind.fields
                for name in (field.name, field.json_name)
            }
        return self._slots[kind]

    def _slot(self, field: FieldDescriptor) -> _Slot:
        scalar = scalar_of(field, lenient_ids=self._lenient_ids)
        return _Slot(field.name, field.message_type is not None, field.is_repeated, scalar)


_READERS = {lenient_ids: _Reader(lenient_ids=lenient_ids) for lenient_ids in (False, True)}


def from_json(
    message: AnyMessage, value: object, *, lenient_ids: bool = False, at: str = ""
) -> AnyMessage:
    """The message, filled from its OTLP JSON.

    message: an empty one.
    value: the JSON value.
    lenient_ids: take ids in base64 too, as files of other tools have them.
    at: the JSON Pointer of the value in its document, for the error.

    Raises `invalid_body`, with the pointer of the first value that does not fit its place.
    """
    try:
        _READERS[lenient_ids].fill(message, value)
    except _MisfitError as misfit:
        pointer = at + misfit.pointer
        place = f" at {pointer}" if pointer else ""
        raise ApiError(
            "invalid_body",
            f"the OTLP JSON{place} {misfit.problem}",
            [Detail(pointer, misfit.problem)],
        ) from None
    return message

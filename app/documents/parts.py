"""Large documents in parts, each small enough to have all its violations made at once.

jsonschema-rs makes all errors of what it checks in one go, some 14 microseconds each and with a
copy of the value: for millions that would hold the event loop for minutes.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

# How many values a part may have.
MAX_VALUES = 10_000


class Slice(NamedTuple):
    """Some neighbours among the items of an array.

    key: the array's in its document.
    start: the index of the first of the items.
    """

    key: str
    start: int
    items: list[Any]


def _children(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, dict):
            yield from value.values()
        elif isinstance(value, list):
            yield from value


def size(value: Any) -> int:
    """How many values there are in a value, itself included; counted little beyond `MAX_VALUES`."""
    count, level = 0, [value]
    while level and count <= MAX_VALUES:
        count += len(level)
        level = list(islice(_children(level), MAX_VALUES + 1))
    return count


def is_small(value: Any) -> bool:
    """Whether it is small enough for a part."""
    return size(value) <= MAX_VALUES


def outline(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its arrays emptied: enough to say which keys are missing or unknown."""
    return {key: [] if isinstance(value, list) else value for key, value in document.items()}


def _slices_of(key: str, array: list[Any]) -> Iterator[Slice]:
    start, room = 0, MAX_VALUES - 1
    for index, item in enumerate(array):
        taken = size(item)
        if taken > room and index > start:
            yield Slice(key, start, array[start:index])
            start, room = index, MAX_VALUES - 1
        room -= taken
    yield Slice(key, start, array[start:])


def slices(document: Mapping[str, Any]) -> Iterator[Slice]:
    """The items of the document's arrays, in order: few at a time, or a single large one."""
    for key, value in document.items():
        if isinstance(value, list):
            yield from _slices_of(key, value)

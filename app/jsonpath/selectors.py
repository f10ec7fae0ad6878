"""Selectors: names, indexes, slices, wildcards and filters."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.jsonpath.expressions import Condition
from app.jsonpath.node import Node
from app.jsonpath.query import Run, Segment, children


@dataclass(frozen=True, slots=True)
class Name:
    """`'name'`: the member of that name."""

    name: str

    def select(self, node: Node, _run: Run, /) -> Iterator[Node]:
        """The member's value, if there is one."""
        value = node.value
        if isinstance(value, dict) and self.name in value:
            yield Node(value[self.name], self.name, node)


@dataclass(frozen=True, slots=True)
class Index:
    """`1`: an element, counted from 0 or, where negative, from the end."""

    index: int

    def select(self, node: Node, _run: Run, /) -> Iterator[Node]:
        """The element, if there is one."""
        value = node.value
        if isinstance(value, list) and -len(value) <= self.index < len(value):
            index = self.index % len(value)
            yield Node(value[index], index, node)


@dataclass(frozen=True, slots=True)
class Slice:
    """`1:9:2`: elements from a start to before an end, in steps."""

    start: int | None = None
    end: int | None = None
    step: int | None = None

    def select(self, node: Node, run: Run, /) -> Iterator[Node]:
        """The elements in the order of the steps; none where the step is 0."""
        value = node.value
        if not isinstance(value, list) or self.step == 0:
            return
        for index in range(*slice(self.start, self.end, self.step).indices(len(value))):
            run.work.spend(1)
            yield Node(value[index], index, node)


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`*`: all children."""

    def select(self, node: Node, run: Run, /) -> Iterator[Node]:
        """Every member's value or every element."""
        for key, child in children(node.value):
            run.work.spend(1)
            yield Node(child, key, node)


@dataclass(frozen=True, slots=True)
class Filter:
    """`?…`: the children for which a condition holds."""

    condition: Condition

    def select(self, node: Node, run: Run, /) -> Iterator[Node]:
        """Those children in order."""
        for key, child in children(node.value):
            run.work.spend(1)
            if self.condition.holds(child, run):
                yield Node(child, key, node)


def is_singular(segments: tuple[Segment, ...]) -> bool:
    """Whether segments lead to one node at most, whatever the document."""
    return all(
        type(segment) is Segment
        and len(segment.selectors) == 1
        and isinstance(segment.selectors[0], Name | Index)
        for segment in segments
    )

"""Queries: segments of selectors, evaluated lazily, without recursion and within bounded work."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from app.hop.json_value import Json
from app.jsonpath.node import Key, Node
from app.jsonpath.work import CHEAP, Work

_CONTAINERS = frozenset({dict, list})


@dataclass(frozen=True, slots=True)
class Run:
    """One evaluation of a path.

    root: the document. work: what is left to do.
    """

    root: Json
    work: Work


class Selector(Protocol):
    """Picks children of a node."""

    def select(self, node: Node, run: Run, /) -> Iterator[Node]:
        """The children that it picks, in order."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Selectors that are applied one after the other to a node."""

    selectors: tuple[Selector, ...]

    def select(self, node: Node, run: Run) -> Iterator[Node]:
        """What each selector picks of the node's children."""
        run.work.spend(len(self.selectors))
        for selector in self.selectors:
            yield from selector.select(node, run)


@dataclass(frozen=True, slots=True)
class Descent(Segment):
    """A descendant segment: the same of the node and all that is below it."""

    def select(self, node: Node, run: Run) -> Iterator[Node]:
        """What each selector picks, a node before its children and those in order."""
        pending = [node]
        while pending:
            parent = pending.pop()
            run.work.spend(len(self.selectors))
            for selector in self.selectors:
                yield from selector.select(parent, run)
            pending.extend(_containers_backwards(parent, run))


def children(value: Json) -> Iterator[tuple[Key, Json]]:
    """The members of an object or the elements of an array, in order."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _containers_backwards(node: Node, run: Run) -> list[Node]:
    """The children that have children; nothing can be picked of the others."""
    value = node.value
    if not isinstance(value, dict | list):
        return []
    run.work.spend(len(value) // CHEAP)
    if _CONTAINERS.isdisjoint(map(type, value.values() if isinstance(value, dict) else value)):
        return []
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    found = [Node(child, key, node) for key, child in pairs if child and type(child) in _CONTAINERS]
    found.reverse()
    return found


def select_all(segments: tuple[Segment, ...], start: Node, run: Run) -> Iterator[Node]:
    """The nodes to which the segments lead, as lazily as they are asked for."""
    if not segments:
        yield start
        return
    run.work.spend(1)
    under_way = [segments[0].select(start, run)]
    while under_way:
        node = next(under_way[-1], None)
        if node is None:
            under_way.pop()
        elif len(under_way) == len(segments):
            yield node
        else:
            under_way.append(segments[len(under_way)].select(node, run))


@dataclass(frozen=True, slots=True)
class Query:
    """A query within a filter.

    is_relative: whether it begins at the current node and not at the root.
    """

    is_relative: bool
    segments: tuple[Segment, ...]

    def nodes(self, current: Json, run: Run) -> Iterator[Node]:
        """The nodes to which it leads."""
        return select_all(self.segments, Node(current if self.is_relative else run.root), run)

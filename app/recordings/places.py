"""Places in a JSON value: steps from its root, walked, replaced and left out.

Redacted places may lie within a string that holds a JSON document itself: redaction looks there.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from app.hop.embedded import embedded_document
from app.hop.json_form import canonical_json
from app.hop.json_value import Json
from app.hop.redaction import REDACTED
from app.recordings.tree import Pattern, Tree

# A key or an index.
Place = tuple[str | int, ...]


def _members(value: Json) -> Iterator[tuple[str | int, Json]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _opened(value: Json) -> Json:
    """What a string holds, if that is a document; all other values as they are."""
    document = embedded_document(value) if isinstance(value, str) else None
    return value if document is None else document


def _gather(value: Json, way: list[str | int], found: list[Place]) -> None:
    if value == REDACTED:
        found.append(tuple(way))
    # To open every string would be a lot of work for nothing.
    elif isinstance(value, str) and REDACTED in value:
        value = _opened(value)
    for step, member in _members(value):
        way.append(step)
        _gather(member, way, found)
        way.pop()


def redacted_places(value: Json) -> list[Place]:
    """Where a redacted value stands."""
    found: list[Place] = []
    _gather(value, [], found)
    return found


def _general(step: str | int) -> str | None:
    return None if isinstance(step, int) else step


def _cover(value: Json, tree: Tree) -> None:
    """Count in a tree without indexes how many places of a value each of its nodes stands for."""
    tree.covered += 1
    if not tree.below:
        return
    for step, member in _members(_opened(value)):
        if (below := tree.below.get(_general(step))) is not None:
            _cover(member, below)


def patterns(value: Json) -> tuple[Pattern, ...]:
    """The fewest patterns that cover the redacted places of a value and no other places of it."""
    groups: dict[Pattern, set[Place]] = defaultdict(set)
    for place in redacted_places(value):
        groups[tuple(map(_general, place))].add(place)
    tree = Tree()
    ends = {pattern: tree.grow(pattern) for pattern in groups}
    _cover(value, tree)
    found: set[Pattern] = set()
    for pattern, places in groups.items():
        # An array in which only some items are redacted keeps their indexes.
        found |= {pattern} if ends[pattern].covered == len(places) else places
    return tuple(sorted(found, key=json.dumps))


def _has(value: Json, step: str | int) -> bool:
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and step < len(value)


def lacks(value: Any, pattern: Pattern) -> bool:
    """Whether a pattern surely covers no place of a value; looks at no more than one way to it."""
    for step in pattern:
        if isinstance(value, str):
            # It may hold a document, which to read takes longer than this is to save.
            return False
        if step is None:
            return not (isinstance(value, list) and value)
        if not _has(value, step):
            return True
        value = value[step]
    return False


def _chart(value: Json, ways: Tree) -> None:
    if isinstance(value, str):
        ways.is_end = True
    for step, member in _members(value):
        general = _general(step)
        if (below := ways.below.get(general)) is None:
            below = ways.below[general] = Tree()
        _chart(member, below)


def ways_in(value: Json) -> Tree:
    """All ways into a value, its arrays' indexes left out; an end is where there are strings."""
    ways = Tree()
    _chart(value, ways)
    return ways


def leads(ways: Tree | None, pattern: Pattern) -> bool:
    """Whether a pattern may cover a place of the value that has these ways."""
    for step in pattern:
        if ways is None or ways.is_end:
            break
        ways = ways.below.get(None if isinstance(step, int) else step)
    return ways is not None


def _redacted(value: Json, trees: list[Tree]) -> Json:
    if any(tree.is_end for tree in trees):
        return REDACTED
    if not trees:
        return value
    if isinstance(value, dict):
        return {key: _redacted(member, _below(trees, key)) for key, member in value.items()}
    if isinstance(value, list):
        return [_redacted(item, _below(trees, at, None)) for at, item in enumerate(value)]
    if isinstance(value, str) and (document := embedded_document(value)) is not None:
        # A string again, in which spelling does not count.
        return canonical_json(_redacted(document, trees)).decode()
    return value


def _below(trees: list[Tree], *steps: str | int | None) -> list[Tree]:
    return [tree.below[step] for tree in trees for step in steps if step in tree.below]


def redact(value: Json, patterns: Iterable[Pattern]) -> Json:
    """The value with the redaction mark at each place that one of the patterns covers.

    All of them are followed in one walk, as a value may be redacted in thousands of places.
    """
    tree = Tree()
    for pattern in patterns:
        tree.grow(pattern)
    return _redacted(value, [tree])


def without(value: Json, places: Iterable[Place]) -> Json:
    """The value without what stands at some places, none of which is its root."""
    dropped: set[str | int] = set()
    deeper: dict[str | int, list[Place]] = defaultdict(list)
    for step, *rest in places:
        if rest:
            deeper[step].append(tuple(rest))
        else:
            dropped.add(step)
    kept = (
        (step, without(member, deeper[step]) if step in deeper else member)
        for step, member in _members(value)
        if step not in dropped
    )
    if isinstance(value, list):
        return [member for _, member in kept]
    return {str(step): member for step, member in kept} if isinstance(value, dict) else value

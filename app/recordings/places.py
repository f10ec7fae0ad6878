"""Places in a JSON value: steps from its root, walked, replaced and left out.

Redacted places may lie within a string that holds a JSON document itself: redaction looks there.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator

from app.hop.embedded import embedded_document
from app.hop.json_form import canonical_json
from app.hop.json_value import Json
from app.hop.redaction import REDACTED

# A key or an index; in a pattern None stands for every item of an array.
Place = tuple[str | int, ...]
Pattern = tuple[str | int | None, ...]


def _members(value: Json) -> Iterator[tuple[str | int, Json]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _opened(value: Json) -> Json:
    """What a string holds, if that is a document; all other values as they are."""
    document = embedded_document(value) if isinstance(value, str) else None
    return value if document is None else document


def redacted_places(value: Json) -> Iterator[Place]:
    """Where a redacted value stands."""
    if value == REDACTED:
        yield ()
    # To open every string would be a lot of work for nothing.
    elif isinstance(value, str) and REDACTED in value:
        value = _opened(value)
    for step, member in _members(value):
        yield from ((step, *place) for place in redacted_places(member))


def _reached(value: Json, step: str | int | None) -> Iterator[tuple[str | int, Json]]:
    """What a step of a pattern leads to; nothing where the value has no such place."""
    value = _opened(value)
    if isinstance(value, dict) and isinstance(step, str) and step in value:
        yield step, value[step]
    elif isinstance(value, list) and step is None:
        yield from enumerate(value)
    elif isinstance(value, list) and isinstance(step, int) and step < len(value):
        yield step, value[step]


def _expanded(value: Json, pattern: Pattern) -> Iterator[Place]:
    """The places of a value that a pattern covers."""
    if not pattern:
        yield ()
        return
    for step, member in _reached(value, pattern[0]):
        yield from ((step, *place) for place in _expanded(member, pattern[1:]))


def patterns(value: Json) -> tuple[Pattern, ...]:
    """The fewest patterns that cover the redacted places of a value and no other places of it."""
    groups: dict[Pattern, set[Place]] = defaultdict(set)
    for place in redacted_places(value):
        groups[tuple(None if isinstance(step, int) else step for step in place)].add(place)
    found: set[Pattern] = set()
    for pattern, places in groups.items():
        # An array in which only some items are redacted keeps their indexes.
        found |= {pattern} if set(_expanded(value, pattern)) == places else places
    return tuple(sorted(found, key=json.dumps))


def redact(value: Json, pattern: Pattern) -> Json:
    """The value with the redaction mark at each place that a pattern covers."""
    if not pattern:
        return REDACTED
    if isinstance(value, str) and (document := embedded_document(value)) is not None:
        # A string again, in which spelling does not count.
        return canonical_json(redact(document, pattern)).decode()
    changed = {step: redact(member, pattern[1:]) for step, member in _reached(value, pattern[0])}
    if isinstance(value, list):
        return [changed.get(index, item) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {key: changed.get(key, member) for key, member in value.items()}
    return value


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

"""The shape of a redacted request: where its redacted values stand.

A hop agrees with a redacted recording if the two are equal once the hop's values in those places
are redacted too. Recordings whose secrets stand in the same places share a shape, so a hop is
compared once a shape, not once a recording.
"""

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from app.hop.json_value import NOT_JSON
from app.hop.redaction import REDACTED
from app.recordings.form import redact_fields, redacted_fields
from app.recordings.places import lacks, leads, patterns, redact
from app.recordings.query import Parameters
from app.recordings.request import Request
from app.recordings.tree import Pattern, Tree

_MARK = REDACTED.encode()
# A name with redacted values, and those of its values that are not.
_Parameter = tuple[str, tuple[str, ...]]


def _query_shape(query: Parameters) -> tuple[_Parameter, ...]:
    """The parameters with redacted values, in the order of their names."""
    found = []
    for name, pairs in groupby(query, key=itemgetter(0)):
        values = [value for _, value in pairs]
        kept = tuple(value for value in values if value != REDACTED)
        if len(kept) < len(values):
            found.append((name, kept))
    return tuple(found)


def _redacted_values(asked: list[str], kept: tuple[str, ...]) -> list[str] | None:
    """The values with all but the kept ones redacted; None if one of those, or any other, lacks."""
    left = Counter(asked)
    left.subtract(kept)
    redacted = len(asked) - len(kept)
    if redacted < 1 or min(left.values()) < 0:
        return None
    return sorted([*kept, *[REDACTED] * redacted])


def _redacted_query(query: Parameters, shape: tuple[_Parameter, ...]) -> Parameters | None:
    """The parameters, which are sorted by name as those of the shape are, as it has them."""
    redacted: list[tuple[str, str]] = []
    at = 0
    for name, kept in shape:
        start = bisect_left(query, name, at, key=itemgetter(0))
        end = bisect_right(query, name, start, key=itemgetter(0))
        values = _redacted_values([value for _, value in query[start:end]], kept)
        if values is None:
            return None
        redacted += query[at:start]
        redacted += [(name, value) for value in values]
        at = end
    return (*redacted, *query[at:]) if shape else query


@dataclass(frozen=True, slots=True)
class Shape:
    """Where redacted values stand.

    query: names of parameters with redacted values, each with its other values.
    json: patterns of places in a JSON body. fields: positions in a form body.
    whole: whether the body is redacted as one.
    """

    query: tuple[_Parameter, ...] = ()
    json: tuple[Pattern, ...] = ()
    fields: tuple[int, ...] = ()
    whole: bool = False

    @classmethod
    def of(cls, request: Request) -> "Shape | None":
        """The shape of a recorded request; None where nothing of it is redacted."""
        shape = replace(_body_shape(request), query=_query_shape(request.query))
        return None if shape == cls() else shape

    def fits(self, ways: Tree) -> bool:
        """Whether a body with these ways into its JSON may have all of these places in it."""
        return all(leads(ways, pattern) for pattern in self.json)

    def redacted(self, request: Request) -> Request | None:
        """The request with its values in these places redacted; None if it lacks such a place."""
        query = _redacted_query(request.query, self.query)
        redacted = None if query is None else self._with_redacted_body(request)
        if query is None or redacted is None:
            return None
        return replace(redacted, query=query)

    def _with_redacted_body(self, request: Request) -> Request | None:
        if self.whole:
            return replace(request, plain=_MARK, value=NOT_JSON) if request.plain else None
        if self.fields:
            plain = redact_fields(request.plain, self.fields)
            return None if plain is None else replace(request, plain=plain, value=NOT_JSON)
        value = request.value
        if not self.json:
            return request
        # On a line with many shapes a hop lacks the places of nearly all, which costs little so.
        if value is NOT_JSON or any(lacks(value, pattern) for pattern in self.json):
            return None
        return replace(request, value=redact(value, self.json))

    def text(self) -> str:
        """It as JSON, for the store; the same for equal shapes."""
        return json.dumps([self.query, self.json, self.fields, self.whole], separators=(",", ":"))

    @classmethod
    def of_json(cls, value: Any) -> "Shape":
        """The shape behind its JSON value."""
        query, places, fields, whole = value
        return cls(
            tuple((name, tuple(kept)) for name, kept in query),
            tuple(map(tuple, places)),
            tuple(fields),
            whole,
        )


def _body_shape(request: Request) -> Shape:
    # Most bodies hold nothing redacted, and this is far quicker than a walk through them.
    if not any(sign in request.plain for sign in (b"redacted", b"\\", b"%")):
        return Shape()
    value = request.value
    if value is NOT_JSON:
        if request.plain == _MARK:
            return Shape(whole=True)
        return Shape(fields=redacted_fields(request.plain))
    return Shape(json=patterns(value))


def write_shapes(shapes: Iterable[Shape]) -> bytes:
    """Shapes as the store keeps them, each once."""
    texts = sorted({shape.text() for shape in shapes})
    return f"[{','.join(texts)}]".encode()


def shape_count(octets: bytes) -> int:
    """About how many shapes the store has kept, and no fewer."""
    return octets.count(b"],true]") + octets.count(b"],false]")


def read_shapes(octets: bytes) -> list[Shape]:
    """The shapes that the store has kept."""
    return [Shape.of_json(shape) for shape in json.loads(octets)]

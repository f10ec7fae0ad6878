"""Checking a document against a published schema: every violation with its JSON Pointer."""

from collections.abc import Iterable, Iterator, Mapping
from heapq import merge, nsmallest
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind as Kind

from app.documents.catalogue import SCHEMAS
from app.documents.labels import with_marks, without_marks
from app.documents.parts import is_small, outline, slices
from app.documents.phrase import phrase
from app.documents.pointer import Place, pointer
from app.documents.position import Position, Positions
from app.errors import MAX_DETAILS, Detail

# The validator's own messages are never shown; with a mask it does not write the value into them.
MASK = "value"
REGISTRY = jsonschema_rs.Registry(list(SCHEMAS.items()))


class Violation(NamedTuple):
    """One violation, and where it stands in the document."""

    position: Position
    place: Place
    error: jsonschema_rs.ValidationError

    def moved(self, by: int) -> "Violation":
        """The same in an array that has so many more items before it."""
        (array, index), (key, _) = self.position[:2], self.place[:2]
        position = (array, index + by, *self.position[2:])
        return Violation(position, (key, index + by, *self.place[2:]), self.error)


def _descend(name: str, steps: Iterable[str | int]) -> Any:
    """The part of a schema that an evaluation path leads to, `$ref` to other files included."""
    node: Any = SCHEMAS[name]
    for step in steps:
        if step == "$ref":
            file, _, fragment = node["$ref"].partition("#")
            name = file or name
            node = _descend(name, fragment.split("/")[1:])
        else:
            node = node[step]
    return node


def _places(error: jsonschema_rs.ValidationError) -> Iterable[Place]:
    """The places of one error: each unknown key is a place of its own."""
    at = tuple(error.instance_path)
    if isinstance(error.kind, Kind.AdditionalProperties):
        return [(*at, key) for key in error.kind.unexpected]
    return [at]


class Validator:
    """Checks documents against one published schema."""

    def __init__(self, name: str):
        """Compile the schema of this name."""
        self.name = name
        self._compiled = jsonschema_rs.Draft202012Validator(
            SCHEMAS[name], registry=REGISTRY, mask=MASK
        )

    def _first_error(self, document: Any) -> list[jsonschema_rs.ValidationError]:
        try:
            self._compiled.validate(document)
        except jsonschema_rs.ValidationError as first:
            return [first]
        return []

    def _found(self, part: Any, *, small: bool) -> list[Violation]:
        """The first violations of a part of a document; of a large part only one."""
        part = with_marks(part) if small else part
        errors = self._compiled.iter_errors(part) if small else self._first_error(part)
        positions = Positions(part)
        found = (
            Violation(positions.of(place), without_marks(place) if small else place, error)
            for error in errors
            for place in _places(error)
        )
        return nsmallest(MAX_DETAILS, found, key=attrgetter("position"))

    def _found_in_items(self, document: Mapping[str, Any]) -> Iterator[Violation]:
        """The violations within the items of the document's arrays."""
        frame = outline(document)
        for key, start, items in slices(document):
            for violation in self._found({**frame, key: items}, small=is_small(items)):
                if violation.place[:1] == (key,) and len(violation.place) > 1:
                    yield violation.moved(start)

    def _violations(self, document: Mapping[str, Any]) -> Iterable[Violation]:
        """All violations in order; of a large document it is checked part by part."""
        frame = outline(document)
        if (small := is_small(document)) or not is_small(frame):
            return self._found(document, small=small)
        found = self._found(frame, small=True)
        if len(found) == MAX_DETAILS:
            return found
        return merge(found, self._found_in_items(document), key=attrgetter("position"))

    def _detail(self, violation: Violation) -> Detail:
        error = violation.error
        keyword_owner = _descend(self.name, error.evaluation_path[:-1])
        return Detail(pointer(violation.place), phrase(error.kind, keyword_owner))

    def details(self, document: Mapping[str, Any]) -> list[Detail]:
        """The first violations, at most `MAX_DETAILS`, in the document's order."""
        if self._compiled.is_valid(document):
            return []
        found = islice(self._violations(document), MAX_DETAILS)
        return list(dict.fromkeys(map(self._detail, found)))

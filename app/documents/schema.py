"""Checking a value against a published schema: every violation with its JSON Pointer."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind as Kind

from app.documents.catalogue import SCHEMAS
from app.documents.phrase import phrase
from app.documents.pointer import pointer
from app.errors import MAX_DETAILS, Detail

Path = Sequence[str | int]

# The validator's own messages are never shown; with a mask it does not write the value into them.
MASK = "value"
REGISTRY = jsonschema_rs.Registry(list(SCHEMAS.items()))
# jsonschema-rs makes all errors of a document at once, some 14 microseconds each and with a copy of
# the value: of a document with more values than this only some violations are told, for millions
# would hold the event loop for minutes.
MAX_VALUES = 20_000


def _descend(name: str, steps: Path) -> Any:
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


def _children(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, dict):
            yield from value.values()
        elif isinstance(value, list):
            yield from value


def _is_small(value: Any) -> bool:
    """Whether a document has at most `MAX_VALUES` values."""
    left, level = MAX_VALUES, [value]
    while level and left >= 0:
        left -= len(level)
        level = list(islice(_children(level), left + 1))
    return left >= 0


def _outline(document: Any) -> Any:
    """The document with its arrays emptied: enough to say which keys are missing or unknown."""
    if not isinstance(document, dict):
        return document
    return {key: [] if isinstance(value, list) else value for key, value in document.items()}


def _position(document: Any, path: Path) -> list[int]:
    """Where a place stands in the text: the index of each key on the way to it."""
    found = []
    for token in path:
        found.append(token if isinstance(token, int) else list(document).index(token))
        document = document[token]
    return found


class Validator:
    """Checks values against one published schema."""

    def __init__(self, name: str):
        """Compile the schema of this name."""
        self.name = name
        self._compiled = jsonschema_rs.Draft202012Validator(
            SCHEMAS[name], registry=REGISTRY, mask=MASK
        )

    def _errors(self, document: Any) -> Iterable[jsonschema_rs.ValidationError]:
        """All errors of a small document; of a large one those of its outline, else the first."""
        for part in (document, _outline(document)):
            if _is_small(part) and not self._compiled.is_valid(part):
                return self._compiled.iter_errors(part)
        try:
            self._compiled.validate(document)
        except jsonschema_rs.ValidationError as first:
            return [first]
        return []

    def _violations(self, error: jsonschema_rs.ValidationError) -> Iterator[tuple[Path, str]]:
        """The places of one error: each unknown key is a place of its own."""
        at = tuple(error.instance_path)
        message = phrase(error.kind, _descend(self.name, error.evaluation_path[:-1]))
        if isinstance(error.kind, Kind.AdditionalProperties):
            yield from (((*at, key), message) for key in error.kind.unexpected)
        else:
            yield at, message

    def details(self, document: Any) -> list[Detail]:
        """The violations, at most `MAX_DETAILS`, in the document's order."""
        if self._compiled.is_valid(document):
            return []
        found = chain.from_iterable(map(self._violations, self._errors(document)))
        first = sorted(islice(found, MAX_DETAILS), key=lambda pair: _position(document, pair[0]))
        return [Detail(pointer(path), message) for path, message in first]

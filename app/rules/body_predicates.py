"""Predicates on a request's JSON body; a body that is not JSON satisfies none.

What a body holds may be a secret, so no explanation shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.hop.json_value import Json, same_json
from app.hop.model import Hop
from app.jsonpath.path import JsonPath
from app.rules.literal import exact_json, literal_text
from app.rules.predicate import listed
from app.rules.selection import selected


@dataclass(frozen=True, slots=True)
class BodySelects:
    """`bodyJsonPath`: the path selects something, be it null."""

    path: JsonPath

    @classmethod
    def of(cls, text: str) -> "BodySelects":
        """The predicate of a path. Raises JsonPathError."""
        return cls(JsonPath.parse(text))

    def matches(self, hop: Hop) -> bool:
        """Whether there is a first selected value."""
        return any(True for _ in selected(self.path, hop))

    def explain(self, hop: Hop) -> str | None:
        """The path that selects nothing."""
        if self.matches(hop):
            return None
        return f"bodyJsonPath: expected `{self.path.text}` to select something in the JSON body"


class BodyValue(NamedTuple):
    """A value that a path must select, among others perhaps.

    literal: the value as its author wrote it.
    """

    path: JsonPath
    value: Json
    literal: Any

    def __str__(self) -> str:
        return f"{self.path.text}: {literal_text(self.literal)}"

    def is_in(self, hop: Hop) -> bool:
        """Whether the path selects it in the hop's body."""
        return any(same_json(found, self.value) for found in selected(self.path, hop))


@dataclass(frozen=True, slots=True)
class BodyEquals:
    """`bodyJsonPathEquals`: all the wanted values must be there."""

    wanted: tuple[BodyValue, ...]

    @classmethod
    def of(cls, literals: Mapping[str, Any]) -> "BodyEquals":
        """The predicate of paths with a literal each. Raises JsonPathError."""
        return cls(
            tuple(
                BodyValue(JsonPath.parse(text), exact_json(literal), literal)
                for text, literal in literals.items()
            )
        )

    def matches(self, hop: Hop) -> bool:
        """Whether none is missing."""
        return all(wanted.is_in(hop) for wanted in self.wanted)

    def explain(self, hop: Hop) -> str | None:
        """What is wanted and what of it is missing."""
        missing = [wanted for wanted in self.wanted if not wanted.is_in(hop)]
        if not missing:
            return None
        return f"bodyJsonPathEquals: expected {listed(self.wanted)}, missed {listed(missing)}"

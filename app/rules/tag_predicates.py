"""Predicates on a span's attributes.

What an attribute of a hop holds may be a secret, so no explanation shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.hop.json_value import Json, same_json
from app.hop.model import Hop
from app.rules.literal import exact_json, literal_text
from app.rules.predicate import listed


class Tag(NamedTuple):
    """An attribute with the value that it must have.

    literal: the value as its author wrote it.
    """

    name: str
    value: Json
    literal: Any

    def __str__(self) -> str:
        return f"{self.name}: {literal_text(self.literal)}"

    def is_on(self, hop: Hop) -> bool:
        """Whether the hop has it."""
        return self.name in hop.tags and same_json(exact_json(hop.tags[self.name]), self.value)


@dataclass(frozen=True, slots=True)
class TagsEqual:
    """`traceTags` and `traceTagEquals`: all the wanted attributes must be there.

    key: which of the two it is.
    """

    key: str
    wanted: tuple[Tag, ...]

    @classmethod
    def of(cls, key: str, literals: Mapping[str, Any]) -> "TagsEqual":
        """The predicate of names with a literal each."""
        return cls(
            key,
            tuple(Tag(name, exact_json(literal), literal) for name, literal in literals.items()),
        )

    def matches(self, hop: Hop) -> bool:
        """Whether none is missing."""
        return all(tag.is_on(hop) for tag in self.wanted)

    def explain(self, hop: Hop) -> str | None:
        """What is wanted and what of it is missing."""
        missing = [tag for tag in self.wanted if not tag.is_on(hop)]
        if not missing:
            return None
        return f"{self.key}: expected {listed(self.wanted)}, missed {listed(missing)}"

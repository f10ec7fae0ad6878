"""A predicate: one condition of a rule's `when`, and the words for what it says of a hop."""

from collections.abc import Iterable
from typing import Protocol

from app.hop.model import Hop


class Predicate(Protocol):
    """One condition, made ready when its rule is compiled."""

    def matches(self, hop: Hop) -> bool:
        """Whether it holds for a hop; never raises."""

    def explain(self, hop: Hop) -> str | None:
        """What it expected and what it saw, in one clause; None where it holds."""


def clause(key: str, expected: str, seen: object) -> str:
    """What the predicate of a key expected, and what it saw of a hop."""
    return f"{key}: expected {expected}, saw {f'`{seen}`' if str(seen) else 'none'}"


def listed(values: Iterable[object]) -> str:
    """The values in quotes, with commas between them."""
    return ", ".join(f"`{value}`" for value in values) or "nothing"

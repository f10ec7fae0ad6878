"""Marks: which values of a JSON document are to be replaced, and which to be looked into."""

from collections.abc import Iterable
from dataclasses import dataclass, field

Key = str | int


@dataclass(slots=True)
class Marks:
    """A marked value and the marked ones below it.

    is_replaced: whether the value is to be replaced; if not, it is on the way to others.
    """

    is_replaced: bool = False
    below: dict[Key, "Marks"] = field(default_factory=dict)

    def at(self, location: Iterable[Key]) -> "Marks":
        """The mark of the value to which the names and indexes lead."""
        mark = self
        for key in location:
            mark = mark.below.setdefault(key, Marks())
        return mark

    def has_replaced(self) -> bool:
        """Whether the value, or one below it, is to be replaced."""
        return self.is_replaced or any(mark.has_replaced() for mark in self.below.values())

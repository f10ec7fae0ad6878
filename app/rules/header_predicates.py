"""Predicates on a request's headers: names ignore case, and any of several values may be meant.

What a hop's header holds may be a secret, so no explanation shows it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.hop.model import Hop
from app.rules.pattern import Pattern
from app.rules.predicate import listed

# Words in the names of headers whose values are secrets, even those that a rule wants.
_SECRET = re.compile("auth|cookie|credential|key|passw|secret|session|signature|token")


def _shown(name: str, value: object) -> str:
    return "…" if _SECRET.search(name) else str(value)


class HeaderValue(NamedTuple):
    """A value that a header, whose name is in lower case, must have among its values."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.name}: {_shown(self.name, self.value)}"

    def is_in(self, hop: Hop) -> bool:
        """Whether the hop has it."""
        return self.value in hop.headers.get(self.name, ())


@dataclass(frozen=True, slots=True)
class HeadersHave:
    """`headers`: all the wanted values must be there."""

    wanted: tuple[HeaderValue, ...]

    @classmethod
    def of(cls, headers: Mapping[str, str | Sequence[str]]) -> "HeadersHave":
        """The predicate of names with a value each, or with several that must all be there."""
        return cls(
            tuple(
                HeaderValue(name.lower(), value)
                for name, values in headers.items()
                for value in ([values] if isinstance(values, str) else values)
            )
        )

    def matches(self, hop: Hop) -> bool:
        """Whether none is missing."""
        return all(pair.is_in(hop) for pair in self.wanted)

    def explain(self, hop: Hop) -> str | None:
        """What is wanted and what of it is missing."""
        missing = [pair for pair in self.wanted if not pair.is_in(hop)]
        if not missing:
            return None
        return f"headers: expected {listed(self.wanted)}, missed {listed(missing)}"


@dataclass(frozen=True, slots=True)
class HeaderIsThere:
    """`headerMatch` with a string: the header's name, in lower case."""

    name: str

    def matches(self, hop: Hop) -> bool:
        """Whether the hop has the header, with whatever value."""
        return self.name in hop.headers

    def explain(self, hop: Hop) -> str | None:
        """The header that is not there."""
        if self.matches(hop):
            return None
        return f"headerMatch: expected the header `{self.name}`, missed it"


class HeaderPattern(NamedTuple):
    """A pattern that must be found in a value of a header, whose name is in lower case."""

    name: str
    pattern: Pattern

    def __str__(self) -> str:
        return f"{self.name} ~ {_shown(self.name, self.pattern)}"

    def is_found_in(self, hop: Hop) -> bool:
        """Whether it is found in one of the values that the hop has, up to too much work."""
        return any(self._is_found(hop, value) for value in hop.headers.get(self.name, ()))

    def _is_found(self, hop: Hop, value: str) -> bool:
        if self.pattern.most_looks(value) > hop.pattern_work:
            hop.pattern_work = 0
            hop.given_up += 1
            return False
        is_found, looks = self.pattern.search(value)
        hop.pattern_work = max(0, hop.pattern_work - looks)
        return is_found


@dataclass(frozen=True, slots=True)
class HeadersMatch:
    """`headerMatch`: all the patterns must be found."""

    wanted: tuple[HeaderPattern, ...]

    @classmethod
    def of(cls, wanted: str | Mapping[str, str]) -> "HeadersMatch | HeaderIsThere":
        """The predicate of names with a pattern each, or of a name alone."""
        if isinstance(wanted, str):
            return HeaderIsThere(wanted.lower())
        return cls(
            tuple(HeaderPattern(name.lower(), Pattern.parse(text)) for name, text in wanted.items())
        )

    def matches(self, hop: Hop) -> bool:
        """Whether none is missing."""
        return all(entry.is_found_in(hop) for entry in self.wanted)

    def explain(self, hop: Hop) -> str | None:
        """What is wanted and what of it is not found."""
        missing = [entry for entry in self.wanted if not entry.is_found_in(hop)]
        if not missing:
            return None
        return f"headerMatch: expected {listed(self.wanted)}, missed {listed(missing)}"

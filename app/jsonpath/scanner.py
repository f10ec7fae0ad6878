"""A scanner: the text of a JSONPath with the place up to which it has been read."""

import re
from typing import NoReturn

from app.jsonpath.error import JsonPathError

_SPACE = re.compile(r"[ \t\n\r]*")


class Scanner:
    """Reads a text from its beginning to its end.

    text: the whole text. at: the index of what comes next.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fail(self, expected: str, at: int | None = None) -> NoReturn:
        """Raise JsonPathError: something was expected here, or at another index."""
        place = (self.at if at is None else at) + 1
        raise JsonPathError(f"at character {place}, expected {expected}")

    def sees(self, literal: str) -> bool:
        """Whether this comes next."""
        return self.text.startswith(literal, self.at)

    def take(self, literal: str) -> bool:
        """Pass over this if it comes next; whether it did."""
        seen = self.sees(literal)
        if seen:
            self.at += len(literal)
        return seen

    def expect(self, literal: str) -> None:
        """Pass over this. Raises JsonPathError if it does not come next."""
        if not self.take(literal):
            self.fail(f"`{literal}`")

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Pass over what matches here."""
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def space(self) -> None:
        """Pass over white space."""
        self.match(_SPACE)

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.at == len(self.text)

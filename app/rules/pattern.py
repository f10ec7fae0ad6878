"""Patterns: regular expressions in RE2's syntax, which run in linear time whatever they are."""

from dataclasses import dataclass
from typing import Any

import re2

# Longer ones are hostile or a mistake.
MAX_CHARACTERS = 10_000
# What RE2 may use for one pattern, in bytes; its default would let a document claim gigabytes.
MAX_MEMORY = 2**20


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = MAX_MEMORY
    return options


OPTIONS = _options()


class PatternError(Exception):
    """A pattern that does not compile.

    reason: one clause that shows nothing of the pattern.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _octets(text: str) -> bytes:
    # Half a surrogate pair, which has no UTF-8 form, then matches nothing instead of failing.
    return text.encode("utf-8", "surrogatepass")


def _reason(error: re2.error) -> str:
    """RE2's name for the fault, without the fragment of the pattern that it goes on to show."""
    return bytes(error.args[0]).decode("utf-8", "replace").partition(": ")[0]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern, known by its text."""

    text: str
    compiled: Any

    @classmethod
    def parse(cls, text: str) -> "Pattern":
        """The pattern of a text. Raises PatternError."""
        if len(text) > MAX_CHARACTERS:
            raise PatternError(f"longer than {MAX_CHARACTERS:,} characters")
        try:
            return cls(text, re2.compile(_octets(text), OPTIONS))
        except re2.error as error:
            raise PatternError(_reason(error)) from None

    @property
    def size(self) -> int:
        """How many instructions it compiled to."""
        return int(self.compiled.programsize)

    def is_found_in(self, text: str) -> bool:
        """Whether it matches anywhere in a text."""
        return self.compiled.search(_octets(text)) is not None

    def __str__(self) -> str:
        return self.text

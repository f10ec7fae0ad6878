"""Patterns: regular expressions in RE2's syntax, which run in linear time whatever they are."""

import re
from dataclasses import dataclass
from typing import Any

import re2

from app.jsonpath.engine import MAX_CHARACTERS, OPTIONS

# The faults of which RE2 shows an operator alone; of others it shows what the author wrote.
_NAMED_BY_SYNTAX = (
    "invalid perl operator",
    "invalid escape sequence",
    "invalid repetition size",
    "bad repetition operator",
    "no argument for repetition operator",
)
_LONGEST_PIECE = 10


class PatternError(Exception):
    """A pattern that does not compile.

    reason: one clause that shows of the pattern no more than the piece that RE2 has no form of.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _octets(text: str) -> bytes:
    # Half a surrogate pair, which has no UTF-8 form, then matches nothing instead of failing.
    return text.encode("utf-8", "surrogatepass")


def _reason(error: re2.error) -> str:
    """RE2's name for the fault, with the piece that it goes on to show where that is syntax."""
    reason, _, piece = bytes(error.args[0]).decode("utf-8", "replace").partition(": ")
    if reason not in _NAMED_BY_SYNTAX or len(piece) > _LONGEST_PIECE:
        return reason
    return f"{reason} `{piece}`{_lacking(piece)}"


def _lacking(piece: str) -> str:
    """What other engines have that RE2 has not, where the piece is of that."""
    if re.fullmatch(r"\\(?:[1-9]|k)", piece):
        return " (RE2 has no back references)"
    return " (RE2 has no look-around)" if re.fullmatch(r"\(\?<?[=!]", piece) else ""


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

"""Patterns: regular expressions in RE2's syntax, which run in linear time whatever they are."""

import re
import time
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
# A look takes about so long on a small machine, and so many of them take some milliseconds.
NANOSECONDS_A_LOOK = 8
MANY_LOOKS = 500_000


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

    def most_looks(self, text: str) -> int:
        """How many looks a search may take: at each character with each instruction."""
        return self.size * (1 + len(text))

    def search(self, text: str) -> tuple[bool, int]:
        """Whether it matches anywhere in a text, and about how many looks that took.

        Mostly RE2 takes one for all instructions; that it did not is known only afterwards.
        """
        compiled, most = self.compiled, self.most_looks(text)
        if most > MANY_LOOKS:
            # What earlier searches left in its memory would keep it from being quick again.
            compiled = type(compiled)(_octets(self.text), OPTIONS)
        started = time.thread_time_ns()
        is_found = compiled.search(_octets(text)) is not None
        looks = len(text) + (time.thread_time_ns() - started) // NANOSECONDS_A_LOOK
        return is_found, min(looks, most)

    def is_found_in(self, text: str) -> bool:
        """Whether it matches anywhere in a text."""
        return self.search(text)[0]

    def __str__(self) -> str:
        return self.text

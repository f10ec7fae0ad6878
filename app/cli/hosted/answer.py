"""What a command answers: the same for programs and for people."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.store.clock import rfc3339


class Answer(NamedTuple):
    """An answer.

    data: for `--json`. text: for people, on stdout. note: a line beside it, on stderr.
    """

    data: Mapping[str, object]
    text: str
    note: str = ""


class RefusedError(Exception):
    """What was asked cannot be done; the text is one line for the user."""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], none: str) -> str:
    """Rows under their heads, each column as wide as it has to be.

    none: what is said where there are no rows.
    """
    if not rows:
        return none
    lines = [heads, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
    cells = (
        [cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines
    )
    return "\n".join("  ".join(line).rstrip() for line in cells)


def moment(milliseconds: int) -> str | None:
    """A time in ms since the epoch as it is written; None for 0, which is no time."""
    return rfc3339(milliseconds) if milliseconds else None

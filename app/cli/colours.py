"""Colours, where a terminal shows them and its user has nothing against them."""

from typing import TextIO

from app.telemetry.logs import shows_colours

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


class Colours:
    """The styles of one stream: none unless it is a terminal (and `NO_COLOR` is not set)."""

    def __init__(self, stream: TextIO) -> None:
        self._are_shown = shows_colours(stream)

    def shown(self, style: str, text: str) -> str:
        """A text in a style.

        style: one of those of this file.
        """
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self._are_shown else text

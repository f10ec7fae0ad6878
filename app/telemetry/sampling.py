"""Sampling of log lines: of what comes by the thousand, few lines say enough.

In each second the first lines of a route are written, then one of many; each line tells how many
were left out since the one before, so that nothing is lost to a count.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

# Of each route, in each second.
FIRST = 10
ONE_OF = 100


@dataclass
class _Second:
    """What one route had in the current second."""

    number: int = -1
    lines: int = 0
    left_out: int = 0


class Sampling:
    """Says which lines to write.

    clock: seconds from any beginning.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._routes: dict[str, _Second] = {}

    def left_out(self, route: str) -> int | None:
        """How many lines were left out before this one; None if it is to be left out too."""
        second = self._routes.setdefault(route, _Second())
        if second.number != (now := int(self._clock())):
            second.number, second.lines = now, 0
        second.lines += 1
        if second.lines > FIRST and second.lines % ONE_OF:
            second.left_out += 1
            return None
        before, second.left_out = second.left_out, 0
        return before

"""What the person sees: a line for everything that happens, with the time at which it did."""

import os
import sys
import time
from collections.abc import Callable

BOLD, DIM, RED, GREEN, CYAN = "1", "2", "31", "32", "36"


def _wants_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


class Screen:
    """Writes lines; colours only where they are wanted."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start = clock()
        self._coloured = _wants_colour()

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return self._clock() - self._start

    def paint(self, text: str, *codes: str) -> str:
        """The text in a colour, where there are colours."""
        return f"\033[{';'.join(codes)}m{text}\033[0m" if self._coloured else text

    def title(self, text: str) -> None:
        """The first line."""
        print(self.paint(text, BOLD), flush=True)

    def act(self, name: str) -> None:
        """The beginning of a part."""
        print("\n" + self.paint(name, BOLD, CYAN), flush=True)

    def line(self, what: str, detail: str = "") -> None:
        """Something that has happened."""
        when = self.paint(f"{self.elapsed:6.2f} s", DIM)
        print(f"{when}  {what:34}  {detail}".rstrip(), flush=True)

    def good(self, text: str) -> str:
        """A text that says that all is well."""
        return self.paint(text, GREEN)

    def bad(self, text: str) -> str:
        """A text that says that it is not."""
        return self.paint(text, BOLD, RED)

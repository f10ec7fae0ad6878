"""Numbers that are given out one after the other: none twice, none skipped, none out of order."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Given(NamedTuple):
    """A number that a call got, and when the call was sent and answered."""

    number: int
    start: float
    end: float


def _twice(given: Sequence[Given]) -> Iterator[str]:
    for number, times in Counter(one.number for one in given).items():
        if times > 1:
            yield f"{number} was given out {times} times"


def disordered(given: Sequence[Given], what: str = "") -> Iterator[str]:
    """Calls that got no higher number than one that had ended before they were sent."""
    ended = sorted(given, key=lambda one: one.end)
    highest: Given | None = None
    position = 0
    for one in sorted(given, key=lambda one: one.start):
        while position < len(ended) and ended[position].end < one.start:
            highest = max(highest or ended[position], ended[position])
            position += 1
        if highest and highest.number > one.number:
            yield f"{what}{one.number} came after {highest.number} had been answered"


def _deadlines(given: Sequence[Given], first: int) -> Iterator[tuple[int, float]]:
    """Each number that nobody is known to have got, and the time by which it was taken."""
    seen = {one.number for one in given}
    for number in range(first, max(seen, default=first)):
        if number not in seen:
            yield number, min(one.end for one in given if one.number > number)


def skipped(given: Sequence[Given], first: int, unknown: Sequence[float]) -> Iterator[str]:
    """Numbers that no call can have got.

    first: the lowest one. unknown: when each call was sent whose outcome is not known.
    """
    spent = 0
    for number, deadline in _deadlines(given, first):
        if sum(start < deadline for start in unknown) > spent:
            spent += 1
        else:
            yield f"{number} was skipped"


def flaws(given: Sequence[Given], first: int, unknown: Sequence[float]) -> Iterator[str]:
    """Everything that is wrong with a sequence."""
    yield from _twice(given)
    yield from disordered(given)
    yield from skipped(given, first, unknown)

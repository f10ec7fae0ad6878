"""Work: how much an evaluation may do, counted in steps and not in time."""

# A step looks at one value. On a small machine this many take one or two tenths of a second.
STEPS = 100_000
# Passing over a value that cannot have children is this much cheaper than a step.
CHEAP = 16
# What an evaluation may do beyond that, in steps a value: it grows with the body, up to a bound.
STEPS_A_VALUE = 8
MOST_STEPS = 500_000


class TooMuchWork(Exception):  # noqa: N818
    """An evaluation has used up its steps."""


def walk_steps(body: bytes) -> int:
    """What it costs at most to look once, as `$..name` does, at all values of a JSON text."""
    containers = body.count(b"[") + body.count(b"{")
    return 2 * (1 + containers) + body.count(b",") // CHEAP


def steps_for(body: bytes) -> int:
    """What one evaluation over a JSON text may cost: a walk through all of it always ends."""
    walk = walk_steps(body)
    values = walk // 2 + body.count(b",")
    return max(walk, min(STEPS + STEPS_A_VALUE * values, MOST_STEPS))


class Work:
    """The steps that are left to an evaluation, or to several that share them.

    steps: how many there are.
    """

    __slots__ = ("left",)

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Use some. Raises TooMuchWork if there are not so many left."""
        self.left -= steps
        if self.left < 0:
            raise TooMuchWork

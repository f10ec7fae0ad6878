"""Work: how much an evaluation may do, counted in steps and not in time."""

# A step looks at one value. On a small machine this many take one or two tenths of a second.
STEPS = 100_000


class TooMuchWork(Exception):  # noqa: N818
    """An evaluation has used up its steps."""


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

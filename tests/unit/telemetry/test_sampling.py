"""Sampling: the first lines of a second, then one of many, and nothing lost to a count."""

from app.telemetry.sampling import FIRST, ONE_OF, Sampling


class Clock:
    """A clock that stands until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_lines_of_a_second_are_all_written() -> None:
    """Of each route, in each second anew."""
    clock = Clock()
    sampling = Sampling(clock)
    for now in (5.0, 6.2):
        clock.now = now
        for route in ("/a", "/b"):
            assert [sampling.left_out(route) for _ in range(FIRST)] == [0] * FIRST


def test_then_one_of_many_is_which_says_how_many_were_not() -> None:
    """So that lines and what they left out add up to the calls."""
    sampling = Sampling(Clock())
    calls = 5 * ONE_OF
    written = [left for _ in range(calls) if (left := sampling.left_out("/a")) is not None]
    assert len(written) == FIRST + 5
    assert len(written) + sum(written) == calls


def test_what_the_last_second_left_out_is_told_in_the_next() -> None:
    """By its first line."""
    clock = Clock()
    sampling = Sampling(clock)
    for _ in range(FIRST + 7):
        sampling.left_out("/a")
    clock.now = 1.0
    assert sampling.left_out("/a") == 7

"""Places in JSON values: found, covered by patterns, redacted and left out."""

from collections.abc import Callable
from typing import Any

import pytest

from app.hop.json_value import Json
from app.hop.redaction import REDACTED
from app.recordings.places import (
    lacks,
    leads,
    patterns,
    redact,
    redacted_places,
    ways_in,
    without,
)
from app.recordings.tree import Pattern

R = REDACTED


def test_every_redacted_value_is_found() -> None:
    """In objects and arrays, and nowhere but where it is the whole value."""
    value: Json = {"a": R, "b": [1, R, {"c": R}], "d": f"x{R}", R: 1}
    assert list(redacted_places(value)) == [("a",), ("b", 1), ("b", 2, "c")]


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ({"a": R}, {("a",)}),
        ([R, R], {(None,)}),
        ([R, 1], {(0,)}),
        ({"i": [{"s": R}, {"s": R, "t": 1}]}, {("i", None, "s")}),
        ({"i": [{"s": R}, {"s": 1}]}, {("i", 0, "s")}),
        ({"i": [{"s": R}, {}]}, {("i", None, "s")}),
        ([[R], [R, R]], {(None, None)}),
        ([[R], [R, 1]], {(0, 0), (1, 0)}),
        (R, {()}),
        ({"a": 1}, set()),
    ],
)
def test_patterns_cover_the_redacted_places_and_no_others(value: Json, right: set[Pattern]) -> None:
    """An array all of whose items are redacted needs one pattern, however long it is."""
    assert set(patterns(value)) == right


def test_redacting_replaces_what_is_there() -> None:
    """A place that is missing is not made."""
    value: Json = {"i": [{"s": 1}, {}, "text"], "n": 2}
    assert redact(value, [("i", None, "s")]) == {"i": [{"s": R}, {}, "text"], "n": 2}
    assert redact(value, [("i", 2)]) == {"i": [{"s": 1}, {}, R], "n": 2}
    for missing in (("i", 9), ("n", "x"), ("x",), (0,)):
        assert redact(value, [missing]) == value
    assert redact(value, [()]) == R


def test_a_redacted_value_leaves_the_original_as_it_was() -> None:
    """Hops are compared in one shape after another."""
    value: Json = {"a": [{"b": 1}]}
    redact(value, [("a", None, "b")])
    assert value == {"a": [{"b": 1}]}


def test_leaving_out_goes_by_the_places_of_the_whole_value() -> None:
    """Indexes are those from before anything was left out."""
    value: Json = {"a": [0, 1, 2, {"b": 3, "c": 4}], "d": 5}
    left = without(value, {("a", 0), ("a", 2), ("a", 3, "b"), ("d",)})
    assert left == {"a": [1, {"c": 4}]}
    assert without(value, ()) == value


@pytest.mark.parametrize(
    ("pattern", "right"),
    [
        (("i", None, "s"), False),
        (("i", 1), False),
        (("i", 2), True),
        (("n", "x"), True),
        (("x",), True),
        (("n", None), True),
        (("e", None), True),
        (("d", "a"), False),
        ((), False),
    ],
)
def test_a_pattern_whose_way_is_not_there_is_lacking(pattern: Pattern, right: bool) -> None:
    """What only a long search could tell is taken to be there."""
    value: Json = {"i": [{}, "text"], "n": 2, "e": [], "d": '{"a":1}'}
    assert lacks(value, pattern) is right


@pytest.mark.parametrize(
    ("pattern", "right"),
    [
        (("i", None, "s"), True),
        (("i", 7, "s"), True),
        (("i", None, "x"), False),
        (("x",), False),
        (("d", "a"), True),
        ((), True),
    ],
)
def test_the_ways_into_a_value_tell_what_patterns_may_cover(pattern: Pattern, right: bool) -> None:
    """Items of an array count as one, and a string may hold anything."""
    assert leads(ways_in({"i": [{"s": 1}, {"t": 2}], "d": "text"}), pattern) is right


class Counted(dict[str, Json]):
    """An object that counts in a list how many of its members are looked through."""

    seen: list[int]

    def items(self) -> Any:
        """Its members."""
        self.seen.append(len(self))
        return super().items()


def work(make: Callable[[Json], object], size: int) -> int:
    """How many members are looked through in an object with as many redacted places."""
    value = Counted({f"u{at}": {"t": R} for at in range(size)})
    value.seen = []
    make(value)
    return sum(value.seen)


@pytest.mark.parametrize(
    "make",
    [
        patterns,
        lambda value: redact(value, [(f"u{at}", "t") for at in range(len(value))]),
    ],
)
def test_thousands_of_places_take_linear_work(make: Callable[[Json], object]) -> None:
    """Twice the places, twice the work."""
    assert work(make, 2000) == 2 * work(make, 1000)


def test_patterns_that_share_an_array_are_followed_together() -> None:
    """One may name an item where another takes them all."""
    value: Json = [{"a": 1, "b": {"c": 2}}, {"a": 3, "b": {"c": 4}}]
    assert redact(value, [(0, "a"), (None, "b", "c"), (1,)]) == [{"a": R, "b": {"c": R}}, R]

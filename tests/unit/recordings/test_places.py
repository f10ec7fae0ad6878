"""Places in JSON values: found, covered by patterns, redacted and left out."""

import pytest

from app.hop.json_value import Json
from app.hop.redaction import REDACTED
from app.recordings.places import Pattern, patterns, redact, redacted_places, without

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
    assert redact(value, ("i", None, "s")) == {"i": [{"s": R}, {}, "text"], "n": 2}
    assert redact(value, ("i", 2)) == {"i": [{"s": 1}, {}, R], "n": 2}
    for missing in (("i", 9), ("n", "x"), ("x",), (0,)):
        assert redact(value, missing) == value
    assert redact(value, ()) == R


def test_a_redacted_value_leaves_the_original_as_it_was() -> None:
    """Hops are compared in one shape after another."""
    value: Json = {"a": [{"b": 1}]}
    redact(value, ("a", None, "b"))
    assert value == {"a": [{"b": 1}]}


def test_leaving_out_goes_by_the_places_of_the_whole_value() -> None:
    """Indexes are those from before anything was left out."""
    value: Json = {"a": [0, 1, 2, {"b": 3, "c": 4}], "d": 5}
    left = without(value, {("a", 0), ("a", 2), ("a", 3, "b"), ("d",)})
    assert left == {"a": [1, {"c": 4}]}
    assert without(value, ()) == value

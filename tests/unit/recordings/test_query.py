"""Query strings as multisets of form-decoded parameters."""

import pytest

from app.hop.model import Hop
from app.recordings.query import query_of, read_query


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a=1&b=2", "b=2&a=1"),
        ("a=1&b=2&", "a=1&&b=2"),
        ("a=x+y", "a=x%20y"),
        ("a", "a="),
        ("%61=%31", "a=1"),
        ("a=1=2", "a=1%3D2"),
    ],
)
def test_spellings_of_the_same_parameters_are_equal(one: str, other: str) -> None:
    """Order, empty pieces, escapes and a missing `=` do not count."""
    assert read_query(one) == read_query(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a=1", "a=1&a=1"), ("a=1", "A=1"), ("a=%2B", "a=+"), ("a=%ff", "a=%fe"), ("", "a")],
)
def test_other_parameters_are_different(one: str, other: str) -> None:
    """Repetition, case and octets that are no UTF-8 count."""
    assert read_query(one) != read_query(other)


def test_the_query_comes_from_the_target_or_apart_from_it() -> None:
    """Whichever is there."""
    right = (("a", "1"),)
    assert query_of(Hop(target="/p?a=1")) == right
    assert query_of(Hop(target="/p", query_string="a=1")) == right
    assert query_of(Hop(target="/p")) == ()

from typing import Any

import pytest

from app.hop.model import Hop
from app.rules.predicates import predicates_of

HOP = Hop(
    tags={
        "tenant": "acme",
        "try": 1,
        "load": 0.1,
        "rate": 2.0,
        "retry": True,
        "parts": ["a", 1, [True]],
        "map": {"a": 1, "b": {}},
        "raw": b"abc",
        "octets": b"\xff",
        "nan": float("nan"),
        "unset": None,
        "digits": "1",
    }
)
BOTH_KEYS = pytest.mark.parametrize("key", ["traceTags", "traceTagEquals"])


def _matches(key: str, wanted: Any, hop: Hop = HOP) -> bool:
    (predicate,) = predicates_of({key: wanted})
    return predicate.matches(hop)


@BOTH_KEYS
@pytest.mark.parametrize(
    ("name", "equal", "others"),
    [
        ("tenant", ["acme"], ["Acme", "acm", None, 1, ["acme"]]),
        ("try", [1, 1.0], ["1", True, 2, 1.0000000001, [1]]),
        ("load", [0.1], ["0.1", 0.10000000000000002]),
        ("rate", [2, 2.0], ["2", "2.0"]),
        ("retry", [True], [1, "true", False]),
        ("parts", [["a", 1, [True]], ["a", 1.0, [True]]], [["a", 1], [1, "a", [True]], "a"]),
        ("map", [{"b": {}, "a": 1}], [{"a": 1}, {"a": 1, "b": []}, {"a": 1, "b": {}, "c": None}]),
        ("raw", ["abc"], ["YWJj"]),
        ("octets", [], ["\xff", "/w==", None]),
        ("nan", [], ["NaN", None, 0]),
        ("unset", [None], ["", False, 0]),
        ("absent", [], [None, "", False]),
        ("digits", ["1"], [1, 1.0]),
    ],
)
def test_an_attribute_equals_a_literal_as_json_values_are_equal(
    key: str, name: str, equal: list[Any], others: list[Any]
) -> None:
    """Numbers by value, no two types mixed, arrays ordered; both spellings mean the same."""
    assert [value for value in equal if not _matches(key, {name: value})] == []
    assert [value for value in others if _matches(key, {name: value})] == []


@BOTH_KEYS
def test_all_of_the_wanted_attributes_must_be_there(key: str) -> None:
    """None at all are always there."""
    assert _matches(key, {"tenant": "acme", "try": 1})
    assert not _matches(key, {"tenant": "acme", "try": 2})
    assert _matches(key, {})


@BOTH_KEYS
def test_an_explanation_says_what_is_missing_and_no_value_that_came(key: str) -> None:
    """An attribute may hold a secret."""
    (predicate,) = predicates_of({key: {"tenant": "acme", "try": "1"}})
    assert predicate.explain(HOP) == (
        f'{key}: expected `tenant: "acme"`, `try: "1"`, missed `try: "1"`'
    )

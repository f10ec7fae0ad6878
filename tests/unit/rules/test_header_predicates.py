from typing import Any

import pytest

from app.hop.model import Hop
from app.rules.header_predicates import HeadersMatch, HeaderValue
from app.rules.predicates import predicates_of

HOP = Hop(
    headers={
        "accept": ("a", "b"),
        "authorization": ("Bearer secret",),
        "x-empty": ("",),
        "x-name": ("J\xfcrgen",),
    }
)


def _matches(key: str, wanted: Any, hop: Hop = HOP) -> bool:
    (predicate,) = predicates_of({key: wanted})
    return predicate.matches(hop)


@pytest.mark.parametrize(
    ("key", "wanted", "other"),
    [
        ("headers", {"Accept": "a"}, {"Accept": "A"}),
        ("headers", {"accept": ["b", "a"]}, {"accept": ["a", "c"]}),
        ("headers", {"ACCEPT": "b", "Authorization": "Bearer secret"}, {"accept": "a", "x-a": "1"}),
        ("headers", {}, {"x-a": ""}),
        ("headers", {"x-empty": ""}, {"accept": ""}),
        ("headerMatch", {"Authorization": "ear"}, {"authorization": "EAR"}),
        ("headerMatch", {"authorization": "^Bearer .+$"}, {"authorization": "^earer"}),
        ("headerMatch", {"accept": "^b$"}, {"accept": "^a.*b$"}),
        ("headerMatch", {"accept": "a", "x-empty": "^$"}, {"accept": "a", "x-none": ""}),
        ("headerMatch", {"x-name": "^J\xfc.gen$"}, {"x-name": "^J..rgen$"}),
        ("headerMatch", {"authorization": "(?i)^BEARER"}, {"authorization": r"\bear\b"}),
        ("headerMatch", {}, {"x-none": ".*"}),
        ("headerMatch", "Accept", "x-none"),
        ("headerMatch", "x-empty", "x-emp"),
    ],
)
def test_a_predicate_holds_for_what_is_wanted_and_nothing_else(
    key: str, wanted: Any, other: Any
) -> None:
    """Names ignore case, values do not; any of several values may be the wanted one."""
    assert _matches(key, wanted)
    assert not _matches(key, other)


@pytest.mark.parametrize(
    ("key", "wanted", "words"),
    [
        (
            "headers",
            {"Accept": ["a", "c"]},
            "headers: expected `accept: a`, `accept: c`, missed `accept: c`",
        ),
        (
            "headerMatch",
            {"Accept": "a", "Authorization": "^b"},
            "headerMatch: expected `accept ~ a`, `authorization ~ …`, missed `authorization ~ …`",
        ),
        ("headerMatch", "X-Tenant", "headerMatch: expected the header `x-tenant`, missed it"),
    ],
)
def test_an_explanation_says_what_is_missing_and_no_value_that_came(
    key: str, wanted: Any, words: str
) -> None:
    """A value may be a secret; the wanted one stands in the rule."""
    (predicate,) = predicates_of({key: wanted})
    assert predicate.explain(HOP) == words


def test_a_header_has_a_value_among_several() -> None:
    """Compared as it is."""
    assert HeaderValue("accept", "b").is_in(HOP)
    assert not HeaderValue("accept", "a, b").is_in(HOP)


def test_half_a_character_in_a_value_is_no_error() -> None:
    """It has no UTF-8 form, but may have come all the same."""
    assert _matches("headerMatch", {"x": "^a"}, Hop(headers={"x": ("a\ud83d",)}))


def test_many_patterns_over_large_headers_cost_no_more_than_a_hop_may() -> None:
    """Beyond that none is found; ordinary headers have all theirs found, however many there are."""
    wanted = [HeadersMatch.of({"x": f"a{n}|b"}) for n in range(10_000)]
    ordinary = Hop(headers={"x": ("c" * 400 + "b",)})
    assert all(predicate.matches(ordinary) for predicate in wanted)
    hostile = Hop(headers={"x": ("c" * 2**20 + "b",)})
    found = [predicate.matches(hostile) for predicate in wanted]
    assert 0 < sum(found) < 250
    assert not any(found[sum(found) :])

import random

import pytest

from app.documents.catalogue import SCHEMAS
from app.rules.predicates import PREDICATES, predicates_of
from tests.unit.rules import generated


def test_every_predicate_must_hold() -> None:
    """None at all hold for every hop."""
    assert predicates_of({}) == ()
    assert len(predicates_of({"method": "GET", "path": "/"})) == 2


def test_every_predicate_of_the_schema_is_known() -> None:
    """And no other."""
    when = SCHEMAS["rule.schema.json"]["$defs"]["when"]
    assert set(PREDICATES) == set(when["properties"])


def test_the_cheap_predicates_are_tried_before_patterns_and_paths() -> None:
    """In whatever order they were written."""
    chosen = {key: generated.CHOICES[key][0] for key in PREDICATES}
    backwards = dict(reversed(chosen.items()))
    kinds = [type(predicate).__name__ for predicate in predicates_of(backwards)]
    assert kinds[-3:] == ["HeadersMatch", "BodySelects", "BodyEquals"]
    assert kinds == [type(predicate).__name__ for predicate in predicates_of(chosen)]


@pytest.mark.parametrize("key", PREDICATES)
def test_a_predicate_explains_itself_exactly_where_it_does_not_hold(key: str) -> None:
    """The quick answer and the explained one agree, and the words begin with the predicate."""
    chance = random.Random(key)
    hops = [generated.hop(chance) for _ in range(300)]
    for wanted in generated.CHOICES[key]:
        (predicate,) = predicates_of({key: wanted})
        for hop in hops:
            words = predicate.explain(hop)
            assert (words is None) is predicate.matches(hop)
            assert words is None or words.startswith(f"{key}: expected ")

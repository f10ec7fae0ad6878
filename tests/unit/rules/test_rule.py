from typing import Any

import pytest

from app.hop.answer import Answer
from app.hop.model import Hop
from app.rules.decision import Hit, Layer, RuleRef
from app.rules.request_predicates import MethodIs, ServiceIs
from app.rules.rule import Rule

THEN = {"action": "mock", "response": {"status": 201}}


def _rule(**document: Any) -> Rule:
    return Rule.compile({"when": {}, "then": THEN, **document}, Layer.CASE, 7)


@pytest.mark.parametrize(
    ("names", "id_"),
    [({}, ""), ({"id": "a"}, "a"), ({"name": "b"}, "b"), ({"id": "a", "name": "b"}, "a")],
)
def test_a_rule_is_known_by_its_place_and_its_authors_name(names: dict[str, str], id_: str) -> None:
    """`name` is another spelling of `id`, which wins where both are given."""
    assert _rule(**names).ref == RuleRef(Layer.CASE, 7, id_)


def test_a_rule_has_priority_0_unless_it_says_otherwise() -> None:
    """Negative ones are fine."""
    assert (_rule().priority, _rule(priority=-3).priority) == (0, -3)


@pytest.mark.parametrize(
    ("hop", "matches"),
    [
        (Hop(method="GET", target="/a"), True),
        (Hop(method="GET", target="/b"), False),
        (Hop(method="PUT", target="/a"), False),
    ],
)
def test_all_of_a_rules_predicates_must_hold(hop: Hop, matches: bool) -> None:
    """One that fails is enough."""
    assert _rule(when={"method": "GET", "path": "/a"}).matches(hop) is matches


def test_a_rule_without_predicates_matches_every_hop() -> None:
    """A missing predicate matches everything."""
    assert _rule().matches(Hop())


def test_a_rule_decides_in_its_own_name() -> None:
    """So that the decision can be traced back to it."""
    rule = _rule(id="a")
    assert rule.decide(Hop()) == Hit(Answer(201), rule.ref)


def test_a_rule_answers_many_hops_unless_it_says_otherwise() -> None:
    """Its decisions say so, for the caller to claim one that is for one hop only."""
    assert not _rule().ref.once
    assert not _rule(consume="many").ref.once
    assert _rule(consume="once").ref.once


def test_a_rule_is_asked_for_a_predicate_by_its_kind() -> None:
    """None where it has none of the kind."""
    rule = _rule(when={"method": "get", "path": "/a"})
    assert rule.asks(MethodIs) == MethodIs("GET")
    assert rule.asks(ServiceIs) is None

"""Quick offers: those that a first line makes are those that the whole hop would get."""

import random
from collections import Counter

import pytest

from app.dataplane.quick_offer import offer_by_line, quick_offer
from app.hop.first_line import FirstLine
from app.hop.model import Hop
from app.rules.decision import Hit, Miss
from app.rules.ruleset import RuleSet, compile_rules
from tests.unit.rules import generated

SETS = 400
HOPS = 6


def _set(chance: random.Random, hops: list[Hop]) -> RuleSet:
    session, case = (
        [generated.rule(chance, chance.choice(hops)) for _ in range(chance.choice([0, 1, 3, 12]))]
        for _ in "sc"
    )
    return compile_rules(session, case, generated.policy(chance) if chance.random() < 0.5 else {})


def _line(hop: Hop) -> FirstLine:
    return FirstLine(hop.method, hop.authority, hop.target, hop.direction, hop.service)


@pytest.mark.parametrize("seed", range(4))
def test_what_a_first_line_is_offered_the_whole_hop_is_offered_too(seed: int) -> None:
    """And where it has no offer, nobody says that the hop has none; each kind occurs."""
    chance, seen = random.Random(seed), Counter[object]()
    for _ in range(SETS):
        hops = [generated.hop(chance) for _ in range(HOPS)]
        rules = _set(chance, hops)
        for hop in hops:
            line = _line(hop)
            if not rules.asks_way:
                # Nobody looks at them, so they need not be read.
                line = line._replace(direction=None, service=None)
            by_line = offer_by_line(rules, line)
            seen[type(by_line)] += 1
            if by_line is not None:
                assert by_line == rules.decide(hop)
                assert quick_offer(rules, hop) in (None, by_line)
    assert min(seen[kind] for kind in (Hit, Miss, type(None))) > 50, seen


def test_a_rule_that_looks_deeper_speaks_for_hops_one_by_one() -> None:
    """Where its other predicates hold; elsewhere the line decides."""
    deep = {"when": {"path": "/deep", "headers": {"x": "1"}}, "then": {"action": "passthrough"}}
    rules = compile_rules([deep], [], {})
    assert offer_by_line(rules, FirstLine("GET", "api", "/deep")) is None
    assert offer_by_line(rules, FirstLine("GET", "api", "/other")) == Miss()


def test_a_part_that_was_not_looked_at_is_not_taken_for_empty() -> None:
    """A hop's direction and service."""
    for when in ({"direction": "inbound"}, {"service": "web"}):
        rules = compile_rules([{"when": when, "then": {"action": "passthrough"}}], [], {})
        assert rules.asks_way
        assert offer_by_line(rules, FirstLine("GET", "api", "/")) is None
        assert offer_by_line(rules, FirstLine("GET", "api", "/", "outbound", "api")) == Miss()


def test_an_offer_that_has_to_be_claimed_or_looked_up_is_not_made() -> None:
    """Nor one that blocks."""
    line = FirstLine("GET", "api", "/", "outbound", "api")
    for then, more in (
        ({"action": "mock", "response": {"status": 200}}, {"consume": "once"}),
        ({"action": "replay"}, {}),
    ):
        rules = compile_rules([{"when": {"path": "/"}, "then": then, **more}], [], {})
        assert offer_by_line(rules, line) is None
    assert offer_by_line(compile_rules([], [], {"externalHttp": "strict"}), line) is None

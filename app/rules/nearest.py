"""The nearest rule: which of those that do not match a blocked hop comes closest, and why not."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from app.hop.model import Hop
from app.rules.predicate import Predicate
from app.rules.request_predicates import FIRST_LINE
from app.rules.rule import Rule

# How many rules are looked at, the strongest first: a strict miss is rare, but rules may be many.
MAX_RULES = 200
# How much of an explanation is shown, in characters: a rule's literal may be as long as a body.
MAX_CHARACTERS = 400


def _is_cheap(predicate: Predicate) -> bool:
    return isinstance(predicate, FIRST_LINE)


def _distance(rule: Rule, hop: Hop) -> tuple[int, int]:
    """How many cheap predicates fail, then how few hold."""
    cheap = [predicate.matches(hop) for predicate in rule.predicates if _is_cheap(predicate)]
    return cheap.count(False), -cheap.count(True)


def _words(predicates: Iterable[Predicate], hop: Hop) -> Iterator[str]:
    return (words for predicate in predicates if (words := predicate.explain(hop)))


def _reason(rule: Rule, hop: Hop) -> str:
    """What keeps a rule from a hop; only the first reason where that is not on its first line."""
    cheap = "; ".join(_words(filter(_is_cheap, rule.predicates), hop))
    reason = cheap or next(_words(rule.predicates, hop), "")
    return reason if len(reason) <= MAX_CHARACTERS else f"{reason[:MAX_CHARACTERS]}…"


def _chosen(rules: Iterable[Rule], hop: Hop) -> str:
    few = list(islice(rules, MAX_RULES))
    if not few:
        return ""
    rule = min(few, key=lambda rule: _distance(rule, hop))
    # One that matches has been tried already: what became of that says more.
    reason = _reason(rule, hop)
    return f"the nearest is {rule.ref}: {reason}" if reason else ""


def nearest(rules: Sequence[Rule], hop: Hop) -> str:
    """A clause about the rule that comes nearest to a hop; empty where there is none.

    It shows the hop's first line and what the rule expects, but no value of a header, an attribute
    or a body that came.

    rules: the strongest first. Those of a negative priority are not asked before a policy blocks.
    """
    below = islice((rule for rule in rules if rule.priority < 0), MAX_RULES)
    if match := next((rule for rule in below if rule.matches(hop)), None):
        return f"{match.ref} matches, but its negative priority puts it below the policy"
    return _chosen((rule for rule in rules if rule.priority >= 0), hop)

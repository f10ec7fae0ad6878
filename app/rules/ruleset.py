"""A rule set: all rules of a session with its policy, in the order in which they are asked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.hop.model import Hop
from app.rules.actions import CaptureOnly
from app.rules.body_predicates import BodyEquals, BodySelects
from app.rules.decision import Blocked, Decision, Layer, Miss
from app.rules.index import Index
from app.rules.nearest import nearest
from app.rules.policy import Policy
from app.rules.request_predicates import DirectionIs, ServiceIs
from app.rules.rule import Rule

RuleDocument = Mapping[str, Any]


def _compiled(documents: Iterable[RuleDocument], layer: Layer) -> list[Rule]:
    return [Rule.compile(document, layer, index) for index, document in enumerate(documents)]


def _strongest_first(case: list[Rule], session: list[Rule]) -> list[Rule]:
    """By priority; among equals the session's before the case's, later entries before earlier."""
    weakest_first = sorted([*case, *session], key=lambda rule: rule.priority)
    return weakest_first[::-1]


def _asks_of_body(rule: Rule) -> bool:
    return any(isinstance(asked, BodySelects | BodyEquals) for asked in rule.predicates)


def _asks_of_way(rule: Rule) -> bool:
    return any(isinstance(asked, DirectionIs | ServiceIs) for asked in rule.predicates)


class RuleSet:
    """The compiled rules and policy of a session at one revision.

    rules: all of them, the strongest first.
    redacts: whether a rule of it redacts what is captured.
    reads_bodies: whether a decision may depend on a hop's body, or tell of it.
    asks_way: whether one may depend on a hop's direction or service.
    """

    def __init__(self, rules: Sequence[Rule], policy: Policy) -> None:
        """The set of some rules, the strongest first."""
        self._before_policy = Index(rule for rule in rules if rule.priority >= 0)
        self._after_policy = Index(rule for rule in rules if rule.priority < 0)
        self._policy = None if policy.says_nothing else policy
        self.rules = tuple(rules)
        self.redacts = any(isinstance(rule.action, CaptureOnly) for rule in rules)
        self.reads_bodies = policy.may_block or any(map(_asks_of_body, rules))
        self.asks_way = bool(self._policy) or any(map(_asks_of_way, rules))

    def decide(self, hop: Hop) -> Decision:
        """What becomes of a hop, if nothing speaks against the first offer."""
        if (rule := self._before_policy.first(hop)) is not None:
            return rule.decide(hop)
        if self._policy and (verdict := self._policy.decide(hop)) is not None:
            return verdict
        rule = self._after_policy.first(hop)
        return Miss() if rule is None else rule.decide(hop)

    def offers(self, hop: Hop) -> Iterator[Decision]:
        """What becomes of a hop, then what would if the rule behind that were absent, and so on.

        The last offer is always one that no rule makes.
        """
        return (offer for offer, is_sure in self.possible_offers(hop) if is_sure)

    def possible_offers(self, hop: Hop) -> Iterator[tuple[Decision, bool]]:
        """The same with the offers of rules of which it was too much work to be sure."""
        for rule, is_sure in self._before_policy.possible(hop):
            yield rule.decide(hop), is_sure
        if self._policy and (verdict := self._policy.decide(hop)) is not None:
            yield verdict, True
            return
        for rule, is_sure in self._after_policy.possible(hop):
            yield rule.decide(hop), is_sure
        yield Miss(), True

    def explained_offers(self, hop: Hop) -> Iterator[Decision]:
        """The offers, where the policy blocks with a clause about the rule that comes nearest."""
        for offer in self.offers(hop):
            if isinstance(offer, Blocked):
                yield replace(offer, nearest=nearest(self.rules, hop))
            else:
                yield offer


def compile_rules(
    session_rules: Iterable[RuleDocument],
    case_rules: Iterable[RuleDocument],
    policy: Mapping[str, Any],
) -> RuleSet:
    """The rule set of valid rules and a valid policy.

    session_rules: the session's own. case_rules: those of the loaded case.
    policy: the session's policy; empty for none.
    Raises PatternError or JsonPathError, which `violations` would have found.
    """
    session = _compiled(session_rules, Layer.SESSION)
    case = _compiled(case_rules, Layer.CASE)
    return RuleSet(_strongest_first(case, session), Policy.compile(policy))

"""A rule set: all rules of a session with its policy, in the order in which they are asked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.rules.actions import CaptureOnly, ReplayRecording
from app.rules.body_predicates import BodyEquals, BodySelects
from app.rules.decision import Decision, Layer, Miss
from app.rules.index import Index
from app.rules.policy import Policy
from app.rules.rule import Rule

RuleDocument = Mapping[str, Any]


def _compiled(documents: Iterable[RuleDocument], layer: Layer) -> list[Rule]:
    return [Rule.compile(document, layer, index) for index, document in enumerate(documents)]


def _rules_in(document: RuleDocument | Sequence[RuleDocument] | None) -> Sequence[RuleDocument]:
    """The rules of a rules document or a bare array of them."""
    if isinstance(document, Mapping):
        rules: Sequence[RuleDocument] = document["rules"]
        return rules
    return document or ()


def _strongest_first(case: list[Rule], session: list[Rule]) -> list[Rule]:
    """By priority; among equals the session's before the case's, later entries before earlier."""
    weakest_first = sorted([*case, *session], key=lambda rule: rule.priority)
    return weakest_first[::-1]


def _asks_of_body(rule: Rule) -> bool:
    return any(isinstance(asked, BodySelects | BodyEquals) for asked in rule.predicates)


class RuleSet:
    """The compiled rules and policy of a session at one revision.

    rules: all of them, the strongest first.
    ignores: what its `replay` rules ignore, each once, in the order in which they are asked.
    redacts: whether a rule of it redacts what is captured.
    reads_bodies: whether a decision may depend on a hop's body, or tell of it.
    """

    def __init__(self, rules: Sequence[Rule], policy: Policy) -> None:
        """The set of some rules, the strongest first."""
        self._before_policy = Index(rule for rule in rules if rule.priority >= 0)
        self._after_policy = Index(rule for rule in rules if rule.priority < 0)
        self._policy = policy
        self.rules = tuple(rules)
        actions = [rule.action for rule in rules]
        ignores = (action.ignore for action in actions if isinstance(action, ReplayRecording))
        self.ignores: Sequence[Ignore] = tuple(dict.fromkeys(ignores))
        self.redacts = any(isinstance(action, CaptureOnly) for action in actions)
        self.reads_bodies = policy.may_block or any(map(_asks_of_body, rules))

    def decide(self, hop: Hop) -> Decision:
        """What becomes of a hop, if nothing speaks against the first offer."""
        return next(self.offers(hop))

    def offers(self, hop: Hop) -> Iterator[Decision]:
        """What becomes of a hop, then what would if the rule behind that were absent, and so on.

        The last offer is always one that no rule makes.
        """
        return (offer for offer, is_sure in self.possible_offers(hop) if is_sure)

    def possible_offers(self, hop: Hop) -> Iterator[tuple[Decision, bool]]:
        """The same with the offers of rules of which it was too much work to be sure."""
        for rule, is_sure in self._before_policy.possible(hop):
            yield rule.decide(hop), is_sure
        if (verdict := self._policy.decide(hop)) is not None:
            yield verdict, True
            return
        for rule, is_sure in self._after_policy.possible(hop):
            yield rule.decide(hop), is_sure
        yield Miss(), True


def compile_rules(
    session_rules: RuleDocument | None,
    case_rules: RuleDocument | Sequence[RuleDocument] | None,
    policy: Mapping[str, Any],
) -> RuleSet:
    """The rule set of valid documents.

    session_rules: the session's rules document, if there is one.
    case_rules: the rules of the loaded case, as an array or a whole rules document.
    policy: the session's policy; empty for none.
    Raises PatternError or JsonPathError, which `violations` would have found.
    """
    session = _compiled(_rules_in(session_rules), Layer.SESSION)
    case = _compiled(_rules_in(case_rules), Layer.CASE)
    return RuleSet(_strongest_first(case, session), Policy.compile(policy))

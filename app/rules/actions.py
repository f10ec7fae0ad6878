"""Actions: what a rule does with the hops that it matches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.hop.answer import Answer
from app.hop.model import Hop
from app.rules.decision import Decision, Hit, Miss, RuleRef
from app.rules.response import answer_of


class Action(Protocol):
    """One action, made ready when its rule is compiled."""

    def decide(self, hop: Hop, rule: RuleRef, /) -> Decision:
        """What becomes of a hop that the rule matches."""


@dataclass(frozen=True, slots=True)
class Respond:
    """`mock` and `error`: the hop gets this answer."""

    answer: Answer

    def decide(self, hop: Hop, rule: RuleRef, /) -> Decision:
        """A hit."""
        return Hit(self.answer.to(hop.method), rule)


@dataclass(frozen=True, slots=True)
class Passthrough:
    """`passthrough`: the real upstream answers."""

    def decide(self, _hop: Hop, rule: RuleRef, /) -> Decision:
        """A miss, whatever the policy says."""
        return Miss(rule)


ACTIONS: Mapping[str, Callable[[Mapping[str, Any]], Action]] = {
    "mock": lambda then: Respond(answer_of(then["response"])),
    "error": lambda then: Respond(answer_of(then["error"])),
    "passthrough": lambda _then: Passthrough(),
}


def action_of(then: Mapping[str, Any]) -> Action:
    """The action that a rule's valid `then` describes."""
    return ACTIONS[then["action"]](then)

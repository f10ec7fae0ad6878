"""A rule: the predicates of its `when`, all of which must hold, and the action of its `then`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.hop.model import Hop
from app.rules.actions import Action, action_of
from app.rules.decision import Decision, Layer, RuleRef
from app.rules.predicates import Predicate, predicates_of


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule.

    priority: the highest wins.
    """

    ref: RuleRef
    priority: int
    predicates: tuple[Predicate, ...]
    action: Action

    @classmethod
    def compile(cls, document: Mapping[str, Any], layer: Layer, index: int) -> "Rule":
        """The rule that a valid document describes.

        index: where it stands in its layer, from 0.
        """
        ref = RuleRef(layer, index, document.get("id") or document.get("name", ""))
        when, then = document["when"], document["then"]
        return cls(ref, document.get("priority", 0), predicates_of(when), action_of(then))

    def matches(self, hop: Hop) -> bool:
        """Whether all its predicates hold."""
        return all(predicate.matches(hop) for predicate in self.predicates)

    def decide(self, hop: Hop) -> Decision:
        """What becomes of a hop that it matches."""
        return self.action.decide(hop, self.ref)

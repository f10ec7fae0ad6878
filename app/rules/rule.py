"""A rule: the predicates of its `when`, all of which must hold, and the action of its `then`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from app.hop.model import Hop
from app.rules.actions import Action, action_of
from app.rules.decision import Decision, Layer, RuleRef
from app.rules.predicate import Predicate
from app.rules.predicates import predicates_of

Asked = TypeVar("Asked")


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
        Raises PatternError or JsonPathError, which `violations` would have found.
        """
        name = document.get("id") or document.get("name", "")
        ref = RuleRef(layer, index, name, document.get("consume") == "once")
        when, then = document["when"], document["then"]
        return cls(ref, document.get("priority", 0), predicates_of(when), action_of(then))

    def asks(self, kind: type[Asked]) -> Asked | None:
        """Its predicate of a kind; None where it has none."""
        for predicate in self.predicates:
            if isinstance(predicate, kind):
                return predicate
        return None

    def matches(self, hop: Hop) -> bool:
        """Whether all its predicates hold."""
        for predicate in self.predicates:  # noqa: SIM110 a generator would take as long as the rest
            if not predicate.matches(hop):
                return False
        return True

    def decide(self, hop: Hop) -> Decision:
        """What becomes of a hop that it matches."""
        return self.action.decide(hop, self.ref)

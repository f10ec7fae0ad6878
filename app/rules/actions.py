"""Actions: what a rule does with the hops that it matches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.hop.answer import Answer
from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.hop.redaction import Redaction
from app.rules.decision import Decision, Hit, Miss, Replay, RuleRef
from app.rules.response import answer_of

Then = Mapping[str, Any]


class Action(Protocol):
    """One action, made ready when its rule is compiled."""

    def decide(self, hop: Hop, rule: RuleRef, /) -> Decision:
        """What becomes of a hop that the rule matches."""


@dataclass(frozen=True, slots=True)
class Respond:
    """`mock` and `error`: the hop gets this answer."""

    answer: Answer

    @classmethod
    def with_member(cls, name: str, then: Then) -> "Respond":
        """The action whose answer stands in a member of `then`, its delay there or beside it."""
        return cls(answer_of(then[name], then.get("delayMs")))

    def decide(self, hop: Hop, rule: RuleRef, /) -> Decision:
        """A hit."""
        return Hit(self.answer.to(hop.method), rule)


@dataclass(frozen=True, slots=True)
class Passthrough:
    """`passthrough`: the real upstream answers."""

    def decide(self, _hop: Hop, rule: RuleRef, /) -> Decision:
        """A miss, whatever the policy says."""
        return Miss(rule)


@dataclass(frozen=True, slots=True)
class ReplayRecording:
    """`replay`: the recording that agrees with the hop answers it, if there is one."""

    ignore: Ignore

    @classmethod
    def of(cls, then: Then) -> "ReplayRecording":
        """The action with what its `ignore` names, if it has one."""
        named = then.get("ignore", {})
        query, body_paths = tuple(named.get("query", ())), tuple(named.get("bodyPaths", ()))
        return cls(Ignore(query, body_paths, named.get("body", False)))

    def decide(self, _hop: Hop, rule: RuleRef, /) -> Decision:
        """An offer that the caller looks into."""
        return Replay(self.ignore, rule)


@dataclass(frozen=True, slots=True)
class CaptureOnly:
    """`capture_only`: the real upstream answers, and what is captured is redacted."""

    redaction: Redaction

    @classmethod
    def of(cls, then: Then) -> "CaptureOnly":
        """The action with what its `captureOnly` names."""
        named = then["captureOnly"]
        headers = tuple(name.lower() for name in named["redactHeaders"])
        return cls(Redaction(headers, tuple(named.get("redactBodyPaths", ()))))

    def decide(self, _hop: Hop, rule: RuleRef, /) -> Decision:
        """A miss, whatever the policy says."""
        return Miss(rule, self.redaction)


ACTIONS: Mapping[str, Callable[[Then], Action]] = {
    "mock": lambda then: Respond.with_member("response", then),
    "error": lambda then: Respond.with_member("error", then),
    "passthrough": lambda _then: Passthrough(),
    "capture_only": CaptureOnly.of,
    "replay": ReplayRecording.of,
}


def action_of(then: Then) -> Action:
    """The action that a rule's valid `then` describes."""
    return ACTIONS[then["action"]](then)

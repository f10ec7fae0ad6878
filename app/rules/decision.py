"""Decisions: what becomes of a hop, and which rule said so."""

from dataclasses import dataclass
from enum import StrEnum

from app.hop.answer import Answer
from app.hop.ignore import Ignore
from app.hop.redaction import Redaction


class Layer(StrEnum):
    """Whose rule it is."""

    SESSION = "session"
    CASE = "case"


@dataclass(frozen=True, slots=True)
class RuleRef:
    """The place of a rule.

    index: where it stands in its layer, from 0.
    id: its author's name for it; empty if it has none.
    once: whether it decides about one hop only, so that the caller has to claim it first.
    """

    layer: Layer
    index: int
    id: str = ""
    once: bool = False

    def __str__(self) -> str:
        """As a message names it: by its id, else by the pointer in the document of its layer."""
        named = f"rule `{self.id}`" if self.id else f"the rule at `/rules/{self.index}`"
        return f"{named} of the {self.layer}"


@dataclass(frozen=True, slots=True)
class Hit:
    """The hop is answered in the upstream's place; `rule` is None where the policy mocks."""

    answer: Answer
    rule: RuleRef | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """The loaded case's own recording answers the hop, if one agrees with it.

    Where none does, the rule is as if absent for this hop: the next offer counts.

    ignore: what does not count in the comparison.
    """

    ignore: Ignore
    rule: RuleRef


@dataclass(frozen=True, slots=True)
class Blocked:
    """The policy blocks the hop: a strict miss.

    member: the policy's, which says so. fingerprint: the hop's.
    nearest: a clause about the rule that comes nearest to the hop; empty where none is known.
    """

    member: str
    fingerprint: str
    nearest: str = ""


class Fall(StrEnum):
    """Why a matching rule is as if absent for a hop."""

    SPENT = "spent"
    NO_RECORDING = "none"


@dataclass(frozen=True, slots=True)
class Fallen:
    """An offer that came to nothing, so that the next one counts."""

    rule: RuleRef
    fall: Fall


@dataclass(frozen=True, slots=True)
class Miss:
    """The real upstream answers; `rule` is None where no rule lets the hop through.

    redaction: what is replaced in the hop before it is captured; None for nothing.
    """

    rule: RuleRef | None = None
    redaction: Redaction | None = None


Decision = Hit | Replay | Blocked | Miss

"""Case documents: recorded hops as OTLP JSON, and the rules that come with them.

Only the frame of a trace payload is checked here; whether OTLP can read it, `app.otlp` says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.documents.document import read_object, refuse
from app.documents.pointer import Place
from app.documents.schema import Validator
from app.errors import Detail

NOUN = "the case document"
SCHEMA = Validator("case.schema.json")


def embedded_rules(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The rules in a valid case document, be they an array or a rules document of their own."""
    rules = document.get("rules") or []
    return list(rules["rules"] if isinstance(rules, dict) else rules)


@dataclass(frozen=True)
class Case:
    """A valid case document; its representation does not show it."""

    document: Mapping[str, Any] = field(repr=False)

    @property
    def case_id(self) -> str:
        """The name of the case."""
        return str(self.document["caseId"])

    @property
    def traces(self) -> Sequence[Mapping[str, Any]]:
        """The trace payloads, as OTLP JSON."""
        return list(self.document["traces"])

    @property
    def trace_count(self) -> int:
        """How many trace payloads there are."""
        return len(self.document["traces"])

    @property
    def rules(self) -> Sequence[Mapping[str, Any]]:
        """The embedded rules, whichever of their two forms they have; none where there are none."""
        return embedded_rules(self.document)

    @property
    def rules_place(self) -> Place:
        """Where in the document those rules are listed."""
        return ("rules", "rules") if isinstance(self.document.get("rules"), dict) else ("rules",)


def _is_in_rules(detail: Detail) -> bool:
    return f"{detail.path}/".startswith("/rules/")


def check_case(body: bytes) -> Case:
    """The case document in a body.

    Raises `invalid_body`, or `rule_validation_failed` where only its embedded rules are bad.
    """
    document = read_object(body, NOUN)
    if details := document.violations(SCHEMA):
        # Looked at apart: twenty details about the rules would leave none about the rest.
        frame = document.without("rules").violations(SCHEMA)
        refuse("invalid_body", NOUN, [detail for detail in frame if not _is_in_rules(detail)])
        refuse("rule_validation_failed", NOUN, details)
    return Case(document.members)

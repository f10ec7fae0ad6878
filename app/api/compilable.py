"""Refusing what a document's schema lets through but no rule set can be made of."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from app.documents import case, policy, rules
from app.documents.case import Case
from app.documents.document import refuse
from app.documents.pointer import Place, pointer
from app.errors import MAX_DETAILS, Detail
from app.rules.violations import Violation, policy_violations, violations

Document = Mapping[str, Any]


def _refuse(error: str, noun: str, below: Place, found: Iterable[Violation]) -> None:
    """Raise the error if there are violations, with the first of them.

    below: where in the document that lies in which they were found.
    """
    first = islice(found, MAX_DETAILS)
    refuse(error, noun, [Detail(pointer((*below, *place)), message) for place, message in first])


def check_compilable(document: Document) -> Document:
    """The valid rules document again. Raises `rule_validation_failed`."""
    _refuse("rule_validation_failed", rules.NOUN, ("rules",), violations(document["rules"]))
    return document


def check_compilable_case(loaded: Case) -> Case:
    """The valid case again. Raises `rule_validation_failed` for its embedded rules."""
    place, found = loaded.rules_place, violations(loaded.rules)
    _refuse("rule_validation_failed", case.NOUN, place, found)
    return loaded


def check_compilable_policy(document: Document, *below: str) -> Document:
    """The valid policy again. Raises `invalid_body`.

    below: where it lies in what was sent.
    """
    _refuse("invalid_body", policy.NOUN, below, policy_violations(document))
    return document

"""What the tests of documents share: sending them, and what comes back when they are refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.documents.rules import check_rules
from app.errors import ApiError

Check = Callable[[bytes], object]


def text_of(document: object) -> bytes:
    """A document as a caller sends it; bytes are themselves."""
    return document if isinstance(document, bytes) else json.dumps(document).encode()


def refused(check: Check, document: object) -> ApiError:
    """The error with which a check refuses a document."""
    with pytest.raises(ApiError) as caught:
        check(text_of(document))
    return caught.value


def told(check: Check, document: object) -> dict[str, str]:
    """The sentence at each place that a refusal names; no place is named twice."""
    details = refused(check, document).details
    assert len({detail.path for detail in details}) == len(details)
    return {detail.path: detail.message for detail in details}


def rule(**changes: Any) -> dict[str, Any]:
    """A valid rule, changed."""
    return {"when": {}, "then": {"action": "passthrough"}} | changes


def mock(**response: Any) -> dict[str, Any]:
    """A rule that mocks a response."""
    return rule(then={"action": "mock", "response": response})


def rules(*entries: object) -> dict[str, Any]:
    """A rules document."""
    return {"version": 1, "rules": list(entries)}


def capture_only(**named: Any) -> dict[str, Any]:
    """A rule that redacts."""
    return rule(then={"action": "capture_only", "captureOnly": named})


def delayed(delay: Any) -> dict[str, Any]:
    """A rule that has a delay at each of the places for one."""
    return rule(then={"action": "mock", "response": {"delayMs": delay}, "delayMs": delay})


def first(check: dict[str, Any]) -> dict[str, str]:
    """What is told of a document with this one rule, without the way to the rule."""
    found = told(check_rules, rules(check))
    return {place.removeprefix("/rules/0"): message for place, message in found.items()}

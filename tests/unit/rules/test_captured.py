from typing import Any

import pytest

from app.hop.model import Hop
from app.hop.redaction import Redaction
from app.rules.captured import redaction_for
from app.rules.ruleset import compile_rules

HOP = Hop(direction="outbound", method="GET", authority="api.example.com", target="/a")


def _capture(*headers: str, **more: Any) -> dict[str, Any]:
    then = {"action": "capture_only", "captureOnly": {"redactHeaders": list(headers)}}
    return {"when": {}, "then": then, **more}


MOCK = {"priority": 5, "when": {}, "then": {"action": "mock", "response": {}}}
REPLAY = {"priority": 5, "when": {}, "then": {"action": "replay"}}
PASS = {"priority": 5, "when": {}, "then": {"action": "passthrough"}}


@pytest.mark.parametrize(
    ("rules", "policy", "headers"),
    [
        ([], {}, None),
        ([_capture("a")], {}, ("a",)),
        ([_capture("a"), _capture("B")], {}, ("b",)),
        ([_capture("a", priority=1), _capture("b")], {}, ("a",)),
        ([_capture("a"), MOCK, REPLAY], {}, ("a",)),
        ([_capture("a"), PASS], {}, None),
        ([_capture("a"), {**PASS, "consume": "once"}], {}, ("a",)),
        ([_capture("a", consume="once"), _capture("b", priority=-1)], {}, ("a",)),
        ([_capture("a", priority=-1)], {}, ("a",)),
        ([_capture("a", priority=-1)], {"externalHttp": "strict"}, None),
        ([_capture("a")], {"externalHttp": "strict"}, ("a",)),
        ([{**_capture("a"), "when": {"path": "/b"}}], {}, None),
    ],
)
def test_the_first_rule_that_lets_a_hop_through_says_what_goes(
    rules: list[Any], policy: dict[str, Any], headers: tuple[str, ...] | None
) -> None:
    """Rules that would have answered it, or that let only one through, are passed over."""
    rule_set = compile_rules(rules, [], policy)
    expected = None if headers is None else Redaction(headers)
    assert redaction_for(rule_set, HOP) == expected

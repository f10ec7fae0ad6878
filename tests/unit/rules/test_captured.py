import json
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


ROWS = [{"id": number, "n": "x"} for number in range(20_000)]
BODY = json.dumps({"rows": ROWS, "password": "s"}).encode()
TOO_MUCH = {"bodyJsonPath": "$..[?count($..*) > 1e9]"}
TOO_LONG = {"headerMatch": {"cookie": "[ab]*a[ab]{900}c"}}


def _answered(number: int) -> dict[str, Any]:
    then = {"action": "mock", "response": {}}
    return {"priority": 9, "when": {"bodyJsonPathEquals": {f"$..z{number}": 1}}, "then": then}


@pytest.mark.parametrize("when", [TOO_MUCH, TOO_LONG])
def test_a_rule_that_is_too_much_work_to_ask_redacts_with_the_next_one(
    when: dict[str, Any],
) -> None:
    """It may have matched, and a secret must not be kept."""
    hop = Hop(body=BODY, headers={"cookie": ("ab" * 200_000,)})
    rules = [_capture("a"), _capture("b", priority=1) | {"when": when}]
    expected = Redaction(("b", "a"))
    assert redaction_for(compile_rules(rules, [], {}), hop) == expected
    doubted = [{**PASS, "when": when}, _capture("a")]
    assert redaction_for(compile_rules(doubted, [], {}), hop) == Redaction(("a",))


@pytest.mark.parametrize("others", [0, 20])
@pytest.mark.parametrize(
    "when", [{"bodyJsonPath": "$..password"}, {"bodyJsonPathEquals": {"$..password": "s"}}]
)
def test_a_path_through_all_of_a_large_body_is_followed_to_its_end(
    when: dict[str, Any], others: int
) -> None:
    """However many others are asked before it, if they are no dearer."""
    rules = [_capture("a") | {"when": when}, *map(_answered, range(others))]
    hop = Hop(body=BODY)
    assert redaction_for(compile_rules(rules, [], {}), hop) == Redaction(("a",))
    assert not hop.given_up
    assert redaction_for(compile_rules(rules, [], {}), Hop(body=b"{}")) is None


def test_a_rule_is_found_where_its_key_in_the_body_is_too_much_work() -> None:
    """An index by what bodies hold then tells no rules apart."""
    path = "$..[?count($..*) > 1e9]"
    rules = [
        _capture(str(number)) | {"when": {"bodyJsonPathEquals": {path: number}}}
        for number in range(6)
    ]
    redaction = redaction_for(compile_rules(rules, [], {}), Hop(body=BODY))
    assert redaction == Redaction(tuple("543210"))

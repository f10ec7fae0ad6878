from typing import Any

import pytest

from app.rules.ruleset import compile_rules
from app.rules.violations import Violation, policy_violations, violations

PASS = {"action": "passthrough"}
RE2 = "is not a regular expression that RE2 takes"


def _rule(when: dict[str, Any] | None = None, then: dict[str, Any] | None = None) -> Any:
    return {"when": when or {}, "then": then or PASS}


def _places(*rules: Any) -> list[tuple[str | int, ...]]:
    return [place for place, _ in violations(rules)]


@pytest.mark.parametrize(
    ("rule", "place", "message"),
    [
        (
            _rule({"headerMatch": {"x-a": "a", "x-b": "(s3cr3t"}}),
            ("when", "headerMatch", "x-b"),
            f"{RE2}: missing )",
        ),
        (
            _rule({"headerMatch": {"x-a": "(?=s3cr3t)"}}),
            ("when", "headerMatch", "x-a"),
            f"{RE2}: invalid perl operator `(?=` (RE2 has no look-around)",
        ),
        (
            _rule({"headerMatch": {"x-a": "((a{100}){100}){100}"}}),
            ("when", "headerMatch", "x-a"),
            f"{RE2}: invalid repetition size `{{100}}`",
        ),
        (
            _rule({"headerMatch": {"x-a": "a" * 20_000}}),
            ("when", "headerMatch", "x-a"),
            f"{RE2}: longer than 10,000 characters",
        ),
        (
            _rule(then={"action": "mock", "response": {}, "delayMs": {"min": 2, "max": 1}}),
            ("then", "delayMs"),
            "`min` must not be above `max`",
        ),
        (
            _rule(then={"action": "mock", "response": {"delayMs": {"min": 2, "max": 1}}}),
            ("then", "response", "delayMs"),
            "`min` must not be above `max`",
        ),
        (
            _rule(then={"action": "error", "error": {"delayMs": {"min": 4000, "max": 0}}}),
            ("then", "error", "delayMs"),
            "`min` must not be above `max`",
        ),
    ],
)
def test_what_cannot_be_compiled_is_named_at_its_place(
    rule: Any, place: tuple[str, ...], message: str
) -> None:
    """In one clause that shows nothing of it."""
    assert list(violations([_rule(), rule])) == [Violation((1, *place), message)]


@pytest.mark.parametrize(
    "path", ["", "a", "$.", "$[", "$.a[?", "$ ", "$[?match(@.a, '(')]", "$" * 99]
)
@pytest.mark.parametrize(
    ("rule", "place"),
    [
        (lambda path: _rule({"bodyJsonPath": path}), lambda _: ("when", "bodyJsonPath")),
        (
            lambda path: _rule({"bodyJsonPathEquals": {"$.a": 1, path: 1}}),
            lambda path: ("when", "bodyJsonPathEquals", path),
        ),
        (
            lambda path: _rule(then={"action": "replay", "ignore": {"bodyPaths": ["$.a", path]}}),
            lambda _: ("then", "ignore", "bodyPaths", 1),
        ),
        (
            lambda path: _rule(
                then={
                    "action": "capture_only",
                    "captureOnly": {"redactHeaders": [], "redactBodyPaths": [path, "$.a"]},
                }
            ),
            lambda _: ("then", "captureOnly", "redactBodyPaths", 0),
        ),
    ],
)
def test_a_path_that_is_no_jsonpath_is_named_at_its_place(rule: Any, place: Any, path: str) -> None:
    """Wherever a rule may have one."""
    (found,) = violations([rule(path)])
    assert found.place == (0, *place(path))
    assert found.message.startswith("is not a JSONPath: ")


def test_violations_come_in_the_order_of_the_document() -> None:
    """Keys as they were written."""
    then = {"delayMs": {"min": 2, "max": 1}, "action": "mock", "response": {}}
    first = {"then": then, "when": {"bodyJsonPath": "x", "headerMatch": {"b": "(", "a": ")"}}}
    assert _places(first, _rule({"headerMatch": {"a": "("}, "bodyJsonPath": ""})) == [
        (0, "then", "delayMs"),
        (0, "when", "bodyJsonPath"),
        (0, "when", "headerMatch", "b"),
        (0, "when", "headerMatch", "a"),
        (1, "when", "headerMatch", "a"),
        (1, "when", "bodyJsonPath"),
    ]


@pytest.mark.parametrize(
    "rule",
    [
        _rule(),
        _rule({"headerMatch": "x-a"}),
        _rule({"headerMatch": {}, "bodyJsonPathEquals": {}, "bodyJsonPath": "$"}),
        _rule(then={"action": "mock", "response": {}, "delayMs": {"min": 5, "max": 5}}),
        _rule(then={"action": "replay"}),
        _rule(then={"action": "capture_only", "captureOnly": {"redactHeaders": ["a"]}}),
    ],
)
def test_a_rule_without_violations_compiles(rule: Any) -> None:
    """What was looked at here is never an error later."""
    assert list(violations([rule])) == []
    compile_rules([rule], [], {})


def test_patterns_that_are_too_large_together_are_violations_from_there_on() -> None:
    """So that no document claims a replica's memory."""
    rules = [_rule({"headerMatch": {"x-a": rf"\pL{{20}}{index}"}}) for index in range(100)]
    places = _places(*rules)
    assert 0 < len(places) < 100
    assert places[0] == (100 - len(places), "when", "headerMatch", "x-a")
    ordinary = [_rule({"headerMatch": {"x-a": f"^tenant-{index}-[a-z]+$"}}) for index in range(100)]
    assert _places(*ordinary * 100) == []


def test_a_policys_response_has_its_delay_checked_too() -> None:
    """At its place in the policy."""
    policy = {"defaultOnMiss": "mock", "response": {"delayMs": {"min": 2, "max": 1}}}
    assert [place for place, _ in policy_violations(policy)] == [("response", "delayMs")]
    assert list(policy_violations({"externalHttp": "strict"})) == []

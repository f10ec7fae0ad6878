"""What the schema of rules says of the members of `then`."""

from typing import Any

import pytest

from app.documents.rules import check_rules
from tests.unit.documents.refusals import capture_only, delayed, first, rule, rules, text_of

NO_HEADER = "is not an HTTP header name"
DELAY = "must be 0 to 4000 whole milliseconds, or an object with `min` and `max`"
MILLISECONDS = "must be 0 to 4000 whole milliseconds"


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (7, {"": "must be an object"}),
        ({"query": "a"}, {"/query": "must be an array"}),
        ({"query": [1]}, {"/query/0": "must be a string"}),
        ({"bodyPaths": {"$.a": 1}}, {"/bodyPaths": "must be an array"}),
        ({"bodyPaths": ["$.a", 1]}, {"/bodyPaths/1": "must be a string"}),
        ({"body": 1}, {"/body": "must be true or false"}),
        ({"headers": []}, {"/headers": "unknown key; known here: `query`, `bodyPaths`, `body`"}),
    ],
)
def test_an_ignore_of_the_wrong_shape_is_refused_at_its_place(
    named: Any, expected: dict[str, str]
) -> None:
    """Each of its members is optional."""
    found = first(rule(then={"action": "replay", "ignore": named}))
    assert found == {f"/then/ignore{place}": message for place, message in expected.items()}


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({}, {"": "needs the key `redactHeaders`"}),
        ({"redactHeaders": "a"}, {"/redactHeaders": "must be an array"}),
        (
            {"redactHeaders": ["a b", 7, "a"]},
            {"/redactHeaders/0": NO_HEADER, "/redactHeaders/1": "must be a string"},
        ),
        (
            {"redactHeaders": [], "redactBodyPaths": ["$", 7]},
            {"/redactBodyPaths/1": "must be a string"},
        ),
        (
            {"redactHeaders": [], "paths": []},
            {"/paths": "unknown key; known here: `redactHeaders`, `redactBodyPaths`"},
        ),
    ],
)
def test_a_redaction_of_the_wrong_shape_is_refused_at_its_place(
    named: dict[str, Any], expected: dict[str, str]
) -> None:
    """One that redacts no header says so."""
    found = first(capture_only(**named))
    assert found == {f"/then/captureOnly{place}": message for place, message in expected.items()}


def test_capture_only_needs_to_say_what_it_redacts() -> None:
    """Else it would be a passthrough."""
    assert first(rule(then={"action": "capture_only"})) == {"/then": "needs the key `captureOnly`"}


WRONG_DELAYS: list[Any] = [-1, 4001, 0.5, "5", None, True, []]


@pytest.mark.parametrize(
    ("delay", "expected"),
    [
        *((wrong, {"": DELAY}) for wrong in WRONG_DELAYS),
        ({"min": 0}, {"": "needs the key `max`"}),
        ({"max": 0}, {"": "needs the key `min`"}),
        ({"min": 0, "max": 4001}, {"/max": MILLISECONDS}),
        ({"min": "0", "max": 1}, {"/min": MILLISECONDS}),
        ({"min": 0, "max": 1, "mean": 1}, {"/mean": "unknown key; known here: `min`, `max`"}),
    ],
)
def test_a_delay_is_whole_milliseconds_or_a_range_of_them(
    delay: Any, expected: dict[str, str]
) -> None:
    """Beside the response and in it."""
    places = ("/then/delayMs", "/then/response/delayMs")
    assert first(delayed(delay)) == {
        place + within: message for place in places for within, message in expected.items()
    }


MEMBERS: dict[str, Any] = {
    "response": {},
    "error": {"status": 500},
    "delayMs": 5,
    "captureOnly": {"redactHeaders": []},
    "ignore": {},
}
BELONGING = {
    "mock": ["response", "delayMs"],
    "error": ["error", "delayMs"],
    "passthrough": [],
    "capture_only": ["captureOnly"],
    "replay": ["ignore"],
}


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("action", BELONGING)
def test_a_member_that_does_not_belong_to_the_action_is_refused(action: str, member: str) -> None:
    """Stored and ignored, it would do less than its author thinks."""
    then = {key: MEMBERS[key] for key in {*BELONGING[action], member}} | {"action": action}
    if member in BELONGING[action]:
        assert check_rules(text_of(rules(rule(then=then))))
    else:
        (found,) = first(rule(then=then)).items()
        assert found[0] == f"/then/{member}"
        assert found[1].startswith(f"`{member}` goes only with the action")

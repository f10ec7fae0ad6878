from typing import Any

import pytest

from app.documents.catalogue import SCHEMAS
from app.hop.answer import Answer
from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.hop.redaction import Redaction
from app.rules.actions import ACTIONS, action_of
from app.rules.decision import Hit, Layer, Miss, Replay, RuleRef

RULE = RuleRef(Layer.SESSION, 3, "a")


@pytest.mark.parametrize(
    ("then", "answer"),
    [
        ({"action": "mock", "response": {"body": "hello"}}, Answer(200, (), b"hello")),
        ({"action": "mock", "response": {"status": 404}}, Answer(404)),
        ({"action": "error", "error": {"status": 503, "body": "no"}}, Answer(503, (), b"no")),
    ],
)
def test_mock_and_error_answer_the_hop(then: dict[str, Any], answer: Answer) -> None:
    """With the rule's own response, as its own decision."""
    assert action_of(then).decide(Hop(method="GET"), RULE) == Hit(answer, RULE)


def test_an_answer_is_made_once() -> None:
    """When the rule is compiled, not for each hop."""
    action = action_of({"action": "mock", "response": {"body": {"a": 1}}})
    first, second = (action.decide(Hop(), RULE) for _ in range(2))
    assert isinstance(first, Hit)
    assert isinstance(second, Hit)
    assert first.answer is second.answer


def test_a_method_that_may_have_no_body_is_answered_without() -> None:
    """Status and headers are those of the rule."""
    action = action_of({"action": "error", "error": {"status": 503, "body": {"a": 1}}})
    answer = Answer(503, (("content-type", ("application/json",)),))
    assert action.decide(Hop(method="head"), RULE) == Hit(answer, RULE)


def test_passthrough_lets_the_upstream_answer() -> None:
    """Which is a miss that a rule made."""
    assert action_of({"action": "passthrough"}).decide(Hop(), RULE) == Miss(RULE)


@pytest.mark.parametrize(
    ("more", "ignore"),
    [
        ({}, Ignore()),
        ({"ignore": {}}, Ignore()),
        (
            {"ignore": {"query": ["b", "a"], "bodyPaths": ["$.id"], "body": True}},
            Ignore(("b", "a"), ("$.id",), body=True),
        ),
    ],
)
def test_replay_offers_a_recording_that_agrees(more: dict[str, Any], ignore: Ignore) -> None:
    """Less what is ignored; whether there is one, the caller finds out."""
    assert action_of({"action": "replay", **more}).decide(Hop(), RULE) == Replay(ignore, RULE)


@pytest.mark.parametrize(
    ("capture_only", "redaction"),
    [
        ({"redactHeaders": ["Authorization", "x-a"]}, Redaction(("authorization", "x-a"))),
        ({"redactHeaders": [], "redactBodyPaths": ["$.a"]}, Redaction((), ("$.a",))),
    ],
)
def test_capture_only_is_a_miss_that_says_what_to_redact(
    capture_only: dict[str, Any], redaction: Redaction
) -> None:
    """The names of headers in lower case, as a hop has them."""
    action = action_of({"action": "capture_only", "captureOnly": capture_only})
    assert action.decide(Hop(), RULE) == Miss(RULE, redaction)


@pytest.mark.parametrize(
    ("beside", "within", "delays"),
    [
        (None, None, (0, 0)),
        (250, None, (250, 0)),
        (None, 250.0, (250, 0)),
        (7, 250, (7, 0)),
        (0, 250, (0, 0)),
        ({"min": 5, "max": 9.0}, 250, (5, 4)),
        (None, {"min": 5, "max": 5}, (5, 0)),
    ],
)
@pytest.mark.parametrize("member", ["response", "error"])
def test_a_delay_stands_beside_the_response_or_in_it(
    beside: Any, within: Any, delays: tuple[int, int], member: str
) -> None:
    """That beside it counts before that in it."""
    answer = {"status": 500} if within is None else {"status": 500, "delayMs": within}
    then = {"action": "mock" if member == "response" else "error", member: answer}
    then |= {} if beside is None else {"delayMs": beside}
    delay_ms, spread_ms = delays
    expected = Answer(500, delay_ms=delay_ms, delay_spread_ms=spread_ms)
    assert action_of(then).decide(Hop(), RULE) == Hit(expected, RULE)


def test_every_action_of_the_schema_is_known() -> None:
    """And no other."""
    then = SCHEMAS["rule.schema.json"]["$defs"]["then"]
    assert set(ACTIONS) == set(then["properties"]["action"]["enum"])

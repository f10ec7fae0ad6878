from typing import Any

import pytest

from app.hop.answer import Answer
from app.hop.model import Hop
from app.rules.actions import action_of
from app.rules.decision import Hit, Layer, Miss, RuleRef

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

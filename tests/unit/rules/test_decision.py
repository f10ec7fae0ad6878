from dataclasses import FrozenInstanceError, fields

import pytest

from app.hop.answer import Answer
from app.rules.decision import Blocked, Decision, Hit, Layer, Miss, RuleRef

DECISIONS: list[Decision] = [
    Hit(Answer(200)),
    Hit(Answer(200), RuleRef(Layer.SESSION, 0)),
    Blocked("blockHosts", "0"),
    Miss(),
    Miss(RuleRef(Layer.CASE, 0, "a")),
]


def test_decisions_are_values() -> None:
    """Equal only to their like, and hashable."""
    assert len(set(DECISIONS)) == len(DECISIONS)


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_stands(decision: Decision) -> None:
    """It may be handed to many hops at once."""
    with pytest.raises(FrozenInstanceError):
        setattr(decision, fields(decision)[0].name, None)

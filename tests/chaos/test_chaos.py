"""The short form of `make chaos`, with the same seed each time."""

import pytest

from tests.chaos.figures import figures, indictment
from tests.chaos.scene import Scene

SEED = 5
ROUNDS = 3
FOREVER = float("inf")


@pytest.mark.timeout(600)
async def test_nothing_is_lost_doubled_or_half_written_whatever_is_killed() -> None:
    """Three rounds of load and faults; what is found names the sessions and their calls."""
    outcome = await Scene(SEED, ROUNDS).run(FOREVER)
    assert not outcome.violations, f"{figures(outcome)}\n{indictment(outcome)}"
    assert outcome.rounds == ROUNDS

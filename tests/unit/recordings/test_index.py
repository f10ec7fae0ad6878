"""The index of recordings finds the same ones as a comparison of each by itself."""

from random import Random

import pytest

from app.hop.ignore import Ignore
from tests.unit.recordings.found import agreeing, indexed
from tests.unit.recordings.generated import IGNORES, asked, recorded
from tests.unit.recordings.reference import agrees

EVERYTHING = Ignore()


@pytest.mark.parametrize("seed", range(40))
def test_it_finds_what_the_reference_finds(seed: int) -> None:
    """Over generated cases, hops and ignores: the same recordings, in captured order."""
    random = Random(seed)
    case = [recorded(random) for _ in range(30)]
    fields = indexed(case, IGNORES)
    found = 0
    for _ in range(60):
        hop = asked(random, random.choice(case))
        for ignore in IGNORES:
            expected = [number for number, held in enumerate(case) if agrees(held, hop, ignore)]
            assert agreeing(fields, hop, ignore) == expected, (hop, ignore)
            found += len(expected)
    assert found > 100

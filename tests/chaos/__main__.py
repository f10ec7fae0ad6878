"""`make chaos`: random load and faults on three real replicas, and a check that nothing broke.

Plan and load follow from the seed; what the machine makes of them does not, so a violation may
take more than one run to come again.
"""

import argparse
import asyncio
import itertools
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.chaos.figures import figures, indictment
from tests.chaos.scene import Outcome, Scene
from tests.chaos.sinks import SinkKind
from tests.chaos.stores import StoreKind

# Rounds of one scene: few enough that its history can be read.
SCENE_ROUNDS = 20
# How long a scene takes to come to rest after its last round, about, in seconds.
REST = 30.0
# The stores and the destinations of the scenes, one after the other.
Set = tuple[StoreKind, SinkKind]
SETS: list[Set] = [(store, sink) for sink in SinkKind for store in StoreKind]
FOREVER = float("inf")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--seconds", type=float, default=300.0, help="about how long in all")
    parser.add_argument(
        "--store", type=StoreKind, choices=list(StoreKind), help="else each in its turn"
    )
    parser.add_argument(
        "--sink", type=SinkKind, choices=list(SinkKind), help="else each in its turn"
    )
    parser.add_argument("--rounds", type=int, help="so many rounds, however long they take")
    return parser.parse_args()


def _play(seed: int, rounds: int, places: Set, until: float) -> Outcome:
    outcome = asyncio.run(Scene(seed, rounds, *places).run(until))
    print(figures(outcome), flush=True)
    print(indictment(outcome), file=sys.stderr, flush=True, end="\n" * bool(outcome.violations))
    return outcome


def _scenes(seed: int, rounds: int | None, seconds: float, sets: Sequence[Set]) -> list[Outcome]:
    """Scenes with seeds that follow each other, until rounds or time are used up."""
    turns = itertools.cycle(sets)
    until = FOREVER if rounds else time.monotonic() + seconds - REST
    outcomes: list[Outcome] = []
    while time.monotonic() < until:
        left = rounds - sum(one.rounds for one in outcomes) if rounds else SCENE_ROUNDS
        if left <= 0:
            break
        outcomes.append(_play(seed + len(outcomes), min(left, SCENE_ROUNDS), next(turns), until))
    return outcomes


def main() -> int:
    """Play; the exit status is 1 if anything was violated."""
    wanted = _arguments()
    sets = [
        (store, sink)
        for store, sink in SETS
        if wanted.store in (None, store) and wanted.sink in (None, sink)
    ]
    outcomes = _scenes(wanted.seed, wanted.rounds, wanted.seconds, sets)
    faults = sum((one.faults for one in outcomes), Counter())
    bad = [f"{one.seed} {one.kind} {one.sink}" for one in outcomes if one.violations]
    print(
        f"in all: {sum(one.rounds for one in outcomes)} rounds in {len(outcomes)} scenes, "
        f"{faults.total()} faults, {sum(len(one.history.calls) for one in outcomes):,} calls, "
        f"{sum(len(one.evidence.files) for one in outcomes):,} case files; "
        f"{sum(len(one.violations) for one in outcomes)} violations"
        + (
            f"; again with the seed, the store, the sink and {SCENE_ROUNDS} rounds of {bad}"
            if bad
            else ""
        )
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

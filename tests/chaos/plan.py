"""The plan: which faults befall a scene, and when; the same for the same seed. Pure."""

import random
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from tests.chaos.moments import Moment

REPLICAS = 3
# A replica that is held up for longer than a close's lease of 10 s and some, in s.
STALL = (12.5, 14.5)
# One round in so many has a replica stalled, beginning with the first: before it has read what it
# writes, or when only the commit is left.
STALL_EVERY = 4
STALLED_AT = (Moment.BEGUN, Moment.WHOLE)


class Fault(StrEnum):
    """What can go wrong."""

    KILL_REPLICA = "replica killed"
    KILL_STORE = "store killed"
    FAIL_OVER = "store failed over"
    PAUSE_REPLICA = "replica paused"
    PAUSE_STORE = "store paused"
    DRAIN_REPLICA = "replica drained"
    SINK_AWAY = "sink away"
    STALL_REPLICA = "replica stalled past the lease"


class Step(NamedTuple):
    """One fault.

    target: which replica it prefers; of a destination that is away, in which way it is.
    after: how long after the beginning of its round it comes. lasts: how long until it is healed.
    Both in seconds.
    rush: whether many captures are closed, on the target if it is one, just before.
    moment: what it waits for then.
    """

    fault: Fault
    target: int
    after: float
    lasts: float
    rush: bool
    moment: Moment


Round = tuple[Step, ...]

_KILLS = {Fault.KILL_REPLICA: 3, Fault.KILL_STORE: 1}
_OTHERS = {
    None: 4,
    Fault.PAUSE_REPLICA: 2,
    Fault.PAUSE_STORE: 1,
    Fault.DRAIN_REPLICA: 2,
    Fault.SINK_AWAY: 2,
}


def _step(rng: random.Random, fault: Fault, longest: float) -> Step:
    return Step(
        fault,
        rng.randrange(REPLICAS),
        after=rng.uniform(0.1, 1.0),
        lasts=rng.uniform(0, longest),
        rush=rng.random() < 0.6,
        moment=rng.choice(list(Moment)),
    )


def _round(rng: random.Random, number: int) -> Round:
    [kill] = rng.choices(list(_KILLS), list(_KILLS.values()))
    [other] = rng.choices(list(_OTHERS), list(_OTHERS.values()))
    steps = [_step(rng, kill, 0.8)]
    if other:
        steps.append(_step(rng, other, 2.5))
    if number % STALL_EVERY == 0:
        stall, moment = _step(rng, Fault.STALL_REPLICA, 1), rng.choice(STALLED_AT)
        steps.append(stall._replace(lasts=rng.uniform(*STALL), rush=True, moment=moment))
    return tuple(steps)


def _failing_over(step: Step) -> Step:
    """The same for a store with Sentinel.

    It is not paused: the clients of a primary that comes back to life after its successor took
    over may read from it what was, until Sentinel has told it.
    """
    stead = {Fault.KILL_STORE: Fault.FAIL_OVER, Fault.PAUSE_STORE: Fault.PAUSE_REPLICA}
    return step._replace(fault=stead.get(step.fault, step.fault))


def plan(seed: int, rounds: int, *, can_fail_over: bool = False) -> Iterator[Round]:
    """The rounds of a scene: each has one killed process, and perhaps something beside it.

    can_fail_over: whether a killed store is replaced by another one.
    """
    rng = random.Random(f"{seed}:plan")
    for number in range(rounds):
        steps = _round(rng, number)
        yield tuple(_failing_over(step) for step in steps) if can_fail_over else steps

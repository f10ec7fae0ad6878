"""Concurrency: how many calls of one organisation a replica serves at once.

One call more waits a little for its turn, which costs the replica nothing and slows who floods;
then it is refused. So an organisation takes no more than its part of the time of the replica and of
its connections to the store, and the others go on.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial

from app.errors import ApiError
from app.telemetry.metric_table import CONCURRENCY
from app.telemetry.metrics import Metrics

# How long a call waits for its turn, in seconds; far less than a proxy waits for an answer.
TURN_SECONDS = 0.25


def too_many_at_once(org: str) -> ApiError:
    """The refusal of a call of an organisation that has too many under way."""
    return ApiError(
        "quota_exceeded",
        f"this replica serves no more calls of the organisation '{org}' at once "
        "(SOFTPROBE_ORG_CONCURRENCY); try again",
        headers={"retry-after": "1"},
    )


# Told once whether a call may begin; if so, it has, and `leave` is to follow.
Told = Callable[[bool], None]


class _Turn:
    """A call that waits for its turn."""

    __slots__ = ("has_come", "org", "timer", "told")

    timer: asyncio.TimerHandle

    def __init__(self, org: str, told: Told) -> None:
        self.org = org
        self.told = told
        self.has_come = False


def _tell(told: asyncio.Future[bool], may_begin: bool) -> None:
    if not told.done():
        told.set_result(may_begin)


class Concurrency:
    """The calls under way of each organisation.

    limit: how many there may be of one; None where all calls are of one organisation.
    """

    def __init__(self, limit: int | None, metrics: Metrics) -> None:
        self._limit = limit
        self._refused = metrics.quota_refusals.labels(CONCURRENCY)
        self._under_way: dict[str, int] = {}
        self._waiting: dict[str, deque[_Turn]] = {}

    @property
    def is_bounded(self) -> bool:
        """Whether there is a bound at all."""
        return self._limit is not None

    def enter(self, org: str) -> bool:
        """Whether a call may begin at once; if so, it has, and `leave` is to follow."""
        if self._limit is None:
            return True
        count = self._under_way.get(org, 0)
        if count >= self._limit:
            return False
        self._under_way[org] = count + 1
        return True

    def wait(self, org: str, told: Told) -> _Turn:
        """Have a call that could not enter wait for its turn, or for too long.

        told: is told, from the event loop, what came first.
        """
        turn = _Turn(org, told)
        turn.timer = asyncio.get_running_loop().call_later(TURN_SECONDS, self._refuse, turn)
        self._waiting.setdefault(org, deque()).append(turn)
        return turn

    def _refuse(self, turn: _Turn) -> None:
        self._drop(turn)
        self._refused.inc()
        turn.told(False)

    def _drop(self, turn: _Turn) -> None:
        waiting = self._waiting[turn.org]
        waiting.remove(turn)
        if not waiting:
            del self._waiting[turn.org]

    async def turn(self, org: str) -> bool:
        """Whether a call may begin, at once or after others have left; as `enter` has it."""
        if self.enter(org):
            return True
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        turn = self.wait(org, partial(_tell, told))
        try:
            return await told
        except asyncio.CancelledError:
            self._give_up(turn)
            raise

    def _give_up(self, turn: _Turn) -> None:
        """Wait no longer; a turn that came in the same moment goes to the next."""
        if turn.has_come:
            self.leave(turn.org)
        elif turn in self._waiting.get(turn.org, ()):
            turn.timer.cancel()
            self._drop(turn)

    def leave(self, org: str) -> None:
        """A call that began has ended: the one that waits longest has its turn."""
        if self._limit is None:
            return
        if waiting := self._waiting.get(org):
            turn = waiting.popleft()
            if not waiting:
                del self._waiting[org]
            turn.timer.cancel()
            turn.has_come = True
            # Not from here: it may leave at once, and so on through all that wait.
            asyncio.get_running_loop().call_soon(turn.told, True)
        elif self._under_way[org] == 1:
            del self._under_way[org]
        else:
            self._under_way[org] -= 1

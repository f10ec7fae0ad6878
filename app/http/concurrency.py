"""Concurrency: how many calls of one organisation a replica serves at once.

One call more waits a little for its turn, which costs the replica nothing and slows who floods;
then it is refused. So an organisation takes no more than its part of the time of the replica and of
its connections to the store, and the others go on.
"""

import asyncio
from collections import deque

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


class Concurrency:
    """The calls under way of each organisation.

    limit: how many there may be of one; None where all calls are of one organisation.
    """

    def __init__(self, limit: int | None, metrics: Metrics) -> None:
        self._limit = limit
        self._refused = metrics.quota_refusals.labels(CONCURRENCY)
        self._under_way: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @property
    def is_bounded(self) -> bool:
        """Whether there is a bound at all."""
        return self._limit is not None

    def has_room(self, org: str) -> bool:
        """Whether a call could begin."""
        return self._limit is None or self._under_way.get(org, 0) < self._limit

    def enter(self, org: str) -> bool:
        """Whether a call may begin at once; if so, it has, and `leave` is to follow."""
        if self._limit is None:
            return True
        count = self._under_way.get(org, 0)
        if count >= self._limit:
            return False
        self._under_way[org] = count + 1
        return True

    async def turn(self, org: str) -> bool:
        """Whether a call may begin, at once or after others have left; as `enter` has it."""
        if self.enter(org):
            return True
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(org, deque())
        waiting.append(turn)
        try:
            await asyncio.wait([turn], timeout=TURN_SECONDS)
        except asyncio.CancelledError:
            self._give_up(org, turn)
            raise
        if not turn.done():
            self._give_up(org, turn)
            self._refused.inc()
            return False
        return True

    def _give_up(self, org: str, turn: "asyncio.Future[None]") -> None:
        """Wait no longer; a turn that came in the same moment goes to the next."""
        if turn.done():
            self.leave(org)
            return
        waiting = self._waiting[org]
        waiting.remove(turn)
        if not waiting:
            del self._waiting[org]

    def leave(self, org: str) -> None:
        """A call that began has ended: the one that waits longest has its turn."""
        if self._limit is None:
            return
        if waiting := self._waiting.get(org):
            waiting.popleft().set_result(None)
            if not waiting:
                del self._waiting[org]
        elif self._under_way[org] == 1:
            del self._under_way[org]
        else:
            self._under_way[org] -= 1

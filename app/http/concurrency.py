"""Concurrency: how many calls of one organisation a replica serves at once.

An organisation that sends more than that is told so, after a pause that costs the replica nothing
and slows who calls again at once. So it takes no more than its part of the replica's time and of
its connections to the store, and the others go on.
"""

import asyncio

from app.errors import ApiError
from app.telemetry.metric_table import CONCURRENCY
from app.telemetry.metrics import Metrics

# How long a call too many waits for its refusal, in seconds; far less than a proxy waits for an
# answer about a hop.
PAUSE_SECONDS = 0.25


def too_many_at_once(org: str) -> ApiError:
    """The refusal of a call of an organisation that has too many under way."""
    return ApiError(
        "quota_exceeded",
        f"this replica serves no more calls of the organisation '{org}' at once "
        "(SOFTPROBE_ORG_CONCURRENCY); try again",
        headers={"retry-after": "1"},
    )


class Concurrency:
    """The calls under way of each organisation. Only `pause` waits.

    limit: how many there may be of one; None where all calls are of one organisation.
    """

    def __init__(self, limit: int | None, metrics: Metrics) -> None:
        self._limit = limit
        self._refused = metrics.quota_refusals.labels(CONCURRENCY)
        self._under_way: dict[str, int] = {}

    def enter(self, org: str) -> bool:
        """Whether a call may begin; if so, it has, and `leave` is to follow."""
        if self._limit is None:
            return True
        count = self._under_way.get(org, 0)
        if count >= self._limit:
            self._refused.inc()
            return False
        self._under_way[org] = count + 1
        return True

    async def pause(self) -> None:
        """Wait before a refusal is told."""
        await asyncio.sleep(PAUSE_SECONDS)

    def leave(self, org: str) -> None:
        """A call that began has ended."""
        if self._limit is None:
            return
        if self._under_way[org] == 1:
            del self._under_way[org]
        else:
            self._under_way[org] -= 1

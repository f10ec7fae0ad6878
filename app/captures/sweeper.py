"""The sweeper: on every replica, it flushes captures that lapsed and finishes abandoned closes.

It also has what is counted of organisations looked at, so that nothing counts for long that is not.
"""

import asyncio
import logging
import random

from app.captures.close import Closer
from app.errors import ApiError
from app.store.closes import LEASE_MS, Outcome
from app.store.index import WHOLE_ORG, SessionIndex
from app.store.reconciler import Reconciler
from app.telemetry.metrics import Metrics

BATCH = 32
# How long until a capture whose destination refused it is tried again, in ms.
RETRY_MS = 30_000
# How long a session is counted as open without being looked at, in ms: should a replica be killed
# right after it ended one, this is how long it still counts, unless a create would be refused.
RECONCILE_MS = 5 * 60 * 1000
LONGEST_PAUSE_MS = 30_000
SHORTEST_PAUSE_MS = 200

log = logging.getLogger("softprobe.sweeper")


class Sweeper:
    """Looks at sessions whose time to lapse has come, one at a time.

    ttl_ms: a session's life; the sweeper comes by about ten times in it.
    reconciler: looks at what is counted of organisations; None where nothing is counted.
    """

    def __init__(
        self,
        closer: Closer,
        sessions: SessionIndex,
        ttl_ms: int,
        metrics: Metrics,
        reconciler: Reconciler | None = None,
    ) -> None:
        self._closer = closer
        self._sessions = sessions
        self._metrics = metrics
        self._reconciler = reconciler
        self._pause_ms = min(max(ttl_ms // 10, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS)

    async def run(self) -> None:
        """Sweep until cancelled; a fault of the store ends a round, not the sweeper."""
        while True:
            jitter = random.uniform(0.5, 1.5)  # noqa: S311 replicas shall not sweep in step
            await asyncio.sleep(self._pause_ms * jitter / 1000)
            self._metrics.sweeper_rounds.labels(await self._round()).inc()

    async def _round(self) -> str:
        """How a round has ended."""
        try:
            await self.sweep()
        except ApiError as error:
            log.warning("sweep interrupted", extra={"fault": error.message})
            return "interrupted"
        except Exception:
            log.exception("sweep failed")
            return "failed"
        self._metrics.sweeper_last_round.set_to_current_time()
        return "done"

    async def sweep(self) -> None:
        """One round over everything that is due."""
        while True:
            due = await self._sessions.due(BATCH)
            for org, session_id in due:
                if session_id == WHOLE_ORG:
                    await self._look_at_org(org)
                    continue
                became = await self._look_at(org, session_id)
                self._metrics.sweeper_sessions.labels(became).inc()
            if len(due) < BATCH:
                return

    async def _look_at_org(self, org: str) -> None:
        """Mend what is counted of an organisation, and come again while there is anything."""
        try:
            is_counting = await self._mend(org)
        except ApiError:
            raise
        except Exception:
            log.exception("counts not looked at", extra={"org": org})
            is_counting = True
        if is_counting:
            await self._sessions.reschedule(org, WHOLE_ORG, RECONCILE_MS)
        else:
            await self._sessions.remove(org, WHOLE_ORG)

    async def _mend(self, org: str) -> bool:
        """Whether there is anything to look at later."""
        if self._reconciler is None:
            return False
        await self._reconciler.look(org, unseen_ms=RECONCILE_MS)
        return await self._reconciler.is_counting(org)

    async def _look_at(self, org: str, session_id: str) -> str:
        """Look at one session, and tell what became of it in the metrics' words.

        One that cannot be closed now is looked at again later. Raises ApiError where the store does
        not take even a note of that: the round is over.
        """
        named = {"sp.session.id": session_id, "org": org}
        try:
            return await self._close(org, session_id)
        except ApiError as error:
            log.warning("session not swept", extra={**named, "fault": error.message})
            became = "refused" if error.name == "capture_store_unavailable" else "failed"
        except Exception:
            log.exception("session not swept", extra=named)
            became = "failed"
        await self._sessions.reschedule(org, session_id, RETRY_MS)
        return became

    async def _close(self, org: str, session_id: str) -> str:
        begun = await self._closer.close_lapsed(org, session_id)
        if begun.outcome is Outcome.FLUSH:
            return "captured"
        if begun.outcome in (Outcome.LIVE, Outcome.CLOSING):
            pause_ms = begun.left_ms if begun.outcome is Outcome.LIVE else LEASE_MS
            await self._sessions.reschedule(org, session_id, pause_ms)
            return "postponed"
        await self._sessions.remove(org, session_id)
        return "removed"

"""New sessions: charged to their organisation, then created; or neither.

The charge comes first and reserves (`take_quota.lua`); a create that fails gives it back, and what
a replica that was killed could not give back is found by the reconciler.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from app.errors import ApiError
from app.quotas.standing import Standings
from app.quotas.told import quota_exceeded
from app.store.faults import call_deadline, unavailable
from app.store.ids import new_session_id, new_tag
from app.store.quotas import RESERVED_MS, QuotaStore, Seen
from app.store.reconciler import Reconciler
from app.store.sessions import Opening, SessionStore
from app.telemetry.metrics import Metrics

# How long an answer waits for a failed create to be given back, in seconds; it goes on after that.
GIVING_BACK_SECONDS = 0.2
# How long a replica relies on it that it has had the sweeper look at an organisation, in seconds.
NOTED_SECONDS = 5.0
# More organisations than this and all are noted anew.
NOTED_AT_MOST = 10_000

log = logging.getLogger("softprobe.quotas")

Clock = Callable[[], float]


class Created(NamedTuple):
    """A new session.

    created_ms: ms since the epoch. standings: None where nothing is counted.
    """

    session_id: str
    created_ms: int
    standings: Standings | None = None


class NewSessions(Protocol):
    """Creates sessions for the API."""

    async def create(self, org: str, opening: Opening, held_to: str = "") -> Created:
        """Open a session that its organisation is charged for.

        held_to: a tier whose limits bound the call too; empty for none.
        Raises `quota_exceeded`, or `store_unavailable`; then nothing is charged.
        """


class UncountedSessions:
    """Creates sessions where nothing is counted."""

    def __init__(self, sessions: SessionStore) -> None:
        self._sessions = sessions

    async def create(self, org: str, opening: Opening, held_to: str = "") -> Created:  # noqa: ARG002
        """Open a session."""
        return Created(*await self._sessions.create(org, *opening))


class CountedSessions:
    """Creates sessions within quotas.

    clock: monotonic, in seconds.
    """

    def __init__(
        self,
        sessions: SessionStore,
        quotas: QuotaStore,
        reconciler: Reconciler,
        metrics: Metrics,
        clock: Clock = time.monotonic,
    ) -> None:
        self._sessions = sessions
        self._quotas = quotas
        self._reconciler = reconciler
        self._refusals = metrics.quota_refusals
        self._clock = clock
        self._noted: dict[str, float] = {}
        self._undoing: set[asyncio.Task[None]] = set()

    async def create(self, org: str, opening: Opening, held_to: str = "") -> Created:
        """Open a session, or refuse it and charge nothing."""
        async with call_deadline():
            await self._note(org)
            session_id, tag = new_session_id(), new_tag()
            started = self._clock()
            standings = await self._take(org, session_id, held_to)
            try:
                created_ms = await self._create(org, session_id, tag, opening, started)
            except BaseException:
                await self._undo(org, session_id, tag)
                raise
        return Created(session_id, created_ms, standings)

    async def _note(self, org: str) -> None:
        """Have the sweeper look at the organisation, before there is anything to look at."""
        now = self._clock()
        if now - self._noted.get(org, -NOTED_SECONDS) < NOTED_SECONDS:
            return
        await self._sessions.index.note_org(org, in_ms=2 * RESERVED_MS)
        if len(self._noted) >= NOTED_AT_MOST:
            self._noted.clear()
        self._noted[org] = now

    async def _take(self, org: str, session_id: str, held_to: str) -> Standings:
        """Charge; nothing is refused because of what is counted and not there any more."""
        taken = await self._quotas.take(org, session_id, held_to)
        if not taken.is_charged and await self._reconciler.look_at(org, taken.standings.now_ms):
            taken = await self._quotas.take(org, session_id, held_to)
        if not taken.is_charged:
            for spent in taken.standings.used_up():
                self._refusals.labels(spent.name).inc()
            raise quota_exceeded(org, taken.standings)
        return taken.standings

    async def _create(
        self, org: str, session_id: str, tag: str, opening: Opening, started: float
    ) -> int:
        """The session, if it is there while its charge is certainly still reserved."""
        created_ms = await self._sessions.create_as(org, session_id, tag, opening)
        if created_ms is None or (self._clock() - started) * 1000 > RESERVED_MS / 2:
            raise unavailable()
        return created_ms

    async def _undo(self, org: str, session_id: str, tag: str) -> None:
        undoing = asyncio.create_task(self._give_back(org, session_id, tag))
        self._undoing.add(undoing)
        undoing.add_done_callback(self._undoing.discard)
        await asyncio.wait({undoing}, timeout=GIVING_BACK_SECONDS)

    async def _give_back(self, org: str, session_id: str, tag: str) -> None:
        """Take back a session and its charge; what the store does not take now is found later."""
        try:
            async with call_deadline():
                await self._sessions.forget(org, session_id, tag)
                await self._quotas.settle(org, {session_id: Seen.NEVER})
                await self._sessions.index.remove(org, session_id)
        except ApiError as error:
            log.warning("charge not given back yet", extra={"org": org, "fault": error.message})

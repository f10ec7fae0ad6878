"""Closing a session: exactly once to the callers, a capture only after its case is durable."""

import asyncio
import contextlib
import logging
import random
import secrets
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.captures import case_file
from app.captures.case_stream import CaseStream
from app.captures.close_count import counted_close
from app.captures.destination import Destination
from app.captures.lease import GivenUp, Lease, LostLease
from app.captures.sink import Sink, SinkError
from app.errors import ApiError, retry_later
from app.store.captures import CaptureIndex
from app.store.closes import LEASE_MS, Begun, CloseStore, Outcome
from app.store.index import SessionIndex
from app.store.sessions import being_closed, not_found
from app.store.spans import SpanStore
from app.telemetry.metrics import Metrics

# How long a close waits for the outcome of another one's, in seconds (http-control-api.md).
WAIT_SECONDS = 5.0
POLL_SECONDS = 0.05
# How many captures a replica writes at once, so that what they hold in memory is bounded, and how
# long a close waits for its turn, in seconds. Who waits has no lease: other replicas may be free.
CLOSES_AT_ONCE = 4
TURN_SECONDS = 60.0

log = logging.getLogger("softprobe.close")


@dataclass(frozen=True, slots=True)
class Closed:
    """How a close ended: the case file's path for a capture, and how many traces it holds."""

    case_path: str | None = None
    trace_count: int = 0


def _refused(session_id: str, refusal: SinkError, given_up: GivenUp) -> ApiError:
    log.error("capture refused", extra={"sp.session.id": session_id, "fault": str(refusal)})
    state, seconds = "stays open with", 5
    if given_up is GivenUp.UNTOLD:
        seconds = LEASE_MS // 1000
        state = f"is being closed for {seconds} s more, since the store is away too, and keeps"
    return retry_later(
        "capture_store_unavailable",
        f"the case of session '{session_id}' could not be written ({refusal.why}); the session "
        f"{state} all its spans: close it again once the destination takes files",
        seconds=seconds,
    )


def _no_turn(session_id: str) -> ApiError:
    return retry_later(
        "capture_store_unavailable",
        f"session '{session_id}' stays open: this replica is busy with writing other captures",
        seconds=5,
    )


class Closer:
    """Closes sessions, for callers and for the sweeper.

    closes, spans, sessions, captures: the store.
    sink, destination: where case files go.
    """

    def __init__(
        self,
        closes: CloseStore,
        spans: SpanStore,
        sessions: SessionIndex,
        captures: CaptureIndex,
        sink: Sink,
        destination: Destination,
        metrics: Metrics,
    ) -> None:
        self._closes = closes
        self._spans = spans
        self._sessions = sessions
        self._captures = captures
        self._sink = sink
        self._destination = destination
        self._metrics = metrics
        self._turns = asyncio.Semaphore(CLOSES_AT_ONCE)
        self._converter = ThreadPoolExecutor(1, "case")

    async def close(self, org: str, session_id: str) -> Closed:
        """Close an open session.

        Of concurrent calls one closes; the others wait for its outcome. Raises `session_closed`,
        `session_not_found`, `close_in_progress` or `capture_store_unavailable`.
        """
        with counted_close(self._metrics) as result:
            closed = await self._close(org, session_id)
            result.word = "captured" if closed.case_path else "discarded"
        return closed

    async def _close(self, org: str, session_id: str) -> Closed:
        owner = secrets.token_hex(16)
        async with self._turn(org, session_id):
            begun = await self._closes.begin(org, session_id, owner)
            if begun.outcome is Outcome.DONE:
                await self._sessions.remove(org, session_id)
                return Closed()
            if begun.outcome is Outcome.FLUSH:
                try:
                    return await self._flush(org, session_id, owner, begun)
                except LostLease:
                    if closed := await self._closed_for(org, session_id, owner):
                        return closed
        raise await self._refusal(org, session_id, begun.outcome)

    async def _closed_for(self, org: str, session_id: str, owner: str) -> Closed | None:
        """How the sweeper ended a close in its caller's place, whom something held up."""
        if not await self._closes.commit(org, session_id, owner):
            return None
        entry = await self._captures.find(org, session_id)
        return Closed(entry.case_path, entry.trace_count) if entry else None

    async def close_lapsed(self, org: str, session_id: str) -> Begun:
        """Close a session that has lapsed or whose close was abandoned, if it is either."""
        owner = secrets.token_hex(16)
        async with self._turn(org, session_id):
            begun = await self._closes.begin(org, session_id, owner, lapsed=True)
            if begun.outcome is Outcome.FLUSH:
                with contextlib.suppress(LostLease):
                    await self._flush(org, session_id, owner, begun)
        return begun

    @asynccontextmanager
    async def _turn(self, org: str, session_id: str) -> AsyncIterator[None]:
        """A place among the captures that are written at once.

        What has nothing to write needs none, and neither has what another call is closing: its
        outcome is to be told in time, and only if its owner is gone there is anything to do.
        """
        if not await self._closes.is_open_capture(org, session_id):
            yield
            return
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            raise _no_turn(session_id) from None
        try:
            # Before the close begins: should that be all that happens, the sweeper is to look soon.
            await self._sessions.reschedule(org, session_id, LEASE_MS)
            yield
        finally:
            self._turns.release()

    async def _refusal(self, org: str, session_id: str, outcome: Outcome) -> ApiError:
        """Why a close is not the caller's, once the one that is has ended."""
        if outcome in (Outcome.CLOSING, Outcome.FLUSH):
            outcome = await self._outcome_of_other(org, session_id)
        if outcome is Outcome.CLOSED:
            return ApiError("session_closed", f"session '{session_id}' is closed already")
        return not_found(session_id) if outcome is Outcome.GONE else being_closed(session_id)

    async def _outcome_of_other(self, org: str, session_id: str) -> Outcome:
        """Watch another call's close: CLOSED, GONE, OPEN, or CLOSING if it takes long."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT_SECONDS
        while (state := await self._closes.state(org, session_id)) is Outcome.CLOSING:
            if loop.time() > deadline:
                break
            await asyncio.sleep(POLL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 jitter
        return state

    async def _flush(self, org: str, session_id: str, owner: str, begun: Begun) -> Closed:
        """Write the case of a session that `owner` is closing, then let the session's state go.

        Raises LostLease, `capture_store_unavailable` or `store_unavailable`.
        """
        created_ms = begun.created_ms
        path = self._destination.path(org, session_id, created_ms)
        lease = Lease(self._closes, org, session_id, owner)
        opening = case_file.opening(session_id, created_ms)
        pages = self._spans.pages(org, session_id)
        stream = CaseStream(opening, pages, lease, self._converter)
        try:
            async with lease.kept():
                size = await self._sink.write(path, stream.chunks())
        except BaseException as failure:
            given_up = await lease.give_up()
            if not isinstance(failure, SinkError):
                raise
            if given_up is GivenUp.LOST:
                # Who was overtaken may be refused because the other owner has cleaned up.
                raise LostLease from failure
            raise _refused(session_id, failure, given_up) from failure
        await self._captures.add(
            org,
            session_id,
            case_path=path,
            trace_count=stream.traces,
            created_ms=created_ms,
            size=size,
            project=begun.project,
        )
        await lease.commit()
        await self._sessions.remove(org, session_id)
        named = {"sp.session.id": session_id, "org": org}
        log.info("capture written", extra={**named, "path": path})
        return Closed(path, stream.traces)

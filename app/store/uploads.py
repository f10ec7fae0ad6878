"""Uploads: spans kept in their sessions, within what their organisations may keep of bytes.

A session's spans and its organisation's count lie in two slots. So an upload holds the bytes that
it may come to, keeps as many, and counts what was new (`hold_bytes.lua`): never is more kept than
is left, and what was kept before costs nothing again.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from app.errors import ApiError
from app.quotas.limits import BYTES_PER_MONTH
from app.quotas.standing import Standings
from app.store.quotas import Hold, QuotaStore
from app.store.reconciler import Reconciler
from app.store.spans import SpanStore
from app.telemetry.metrics import Metrics

Spans = Sequence[tuple[bytes, bytes]]


class Uploaded(NamedTuple):
    """What became of spans: new ones, those over the session's limit, those over the quota.

    standings: None where nothing is counted.
    """

    fresh: int
    over_limit: int
    over_quota: int = 0
    standings: Standings | None = None


class Uploads(Protocol):
    """Keeps spans for the data plane.

    are_counted: whether they count against quotas.
    """

    are_counted: bool

    async def keep(self, org: str, session_id: str, spans: Spans, held_to: str) -> Uploaded:
        """Keep spans, each given by its identity and its payload; none without one.

        held_to: a tier whose limits bound the call too; empty for none.
        Raises `session_not_found`, or `close_in_progress` while a close's outcome is open.
        """


class UncountedUploads:
    """Uploads where nothing is counted."""

    are_counted = False

    def __init__(self, spans: SpanStore) -> None:
        self._spans = spans

    async def keep(self, org: str, session_id: str, spans: Spans, held_to: str) -> Uploaded:  # noqa: ARG002
        """Keep spans."""
        return Uploaded(*await self._spans.append(org, session_id, spans))


class CountedUploads:
    """Uploads within quotas."""

    are_counted = True

    def __init__(
        self, spans: SpanStore, quotas: QuotaStore, reconciler: Reconciler, metrics: Metrics
    ) -> None:
        self._spans = spans
        self._quotas = quotas
        self._reconciler = reconciler
        self._refusals = metrics.quota_refusals

    async def keep(self, org: str, session_id: str, spans: Spans, held_to: str) -> Uploaded:
        """Keep spans, as far as there are bytes left for them."""
        hold = await self._hold(org, session_id, sum(len(span[1]) for span in spans), held_to)
        try:
            kept = await self._spans.append_within(org, session_id, spans, room=hold.granted)
        except ApiError as refused:
            await self._let_go(org, hold, refused)
            raise
        standings = hold.standings
        if hold.name:
            standings = await self._quotas.count(org, hold.name, kept.total, held_to)
        if kept.over_room:
            self._refusals.labels(BYTES_PER_MONTH).inc()
        return Uploaded(kept.fresh, kept.over_limit, kept.over_room, standings)

    async def _hold(self, org: str, session_id: str, wanted: int, held_to: str) -> Hold:
        """Hold as much as is left; what nobody goes on with does not count."""
        hold = await self._quotas.hold(org, session_id, wanted, held_to)
        if hold.granted == wanted or not await self._reconciler.look_at(org, hold.standings.now_ms):
            return hold
        if hold.name:
            await self._quotas.count(org, hold.name, 0)
        return await self._quotas.hold(org, session_id, wanted, held_to)

    async def _let_go(self, org: str, hold: Hold, refused: ApiError) -> None:
        """Let a hold go where nothing was kept; where that is not known, the sweeper finds out."""
        if hold.name and refused.name != "store_unavailable":
            await self._quotas.count(org, hold.name, 0)

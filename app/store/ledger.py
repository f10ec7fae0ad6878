"""The ledger: what a replica counts of organisations, put together; or nothing without a plan."""

from typing import NamedTuple

from redis.asyncio import Redis

from app.quotas.limits import Plan
from app.store.handed_out import HandedOut
from app.store.new_sessions import CountedSessions, NewSessions, UncountedSessions
from app.store.quotas import QuotaStore
from app.store.reconciler import Reconciler
from app.store.sessions import SessionStore
from app.store.spans import SpanStore
from app.store.uploads import CountedUploads, UncountedUploads, Uploads
from app.telemetry.metrics import Metrics


class Ledger(NamedTuple):
    """The parts through which calls are counted.

    quotas, reconciler: None where nothing is counted.
    """

    new_sessions: NewSessions
    uploads: Uploads
    handed_out: HandedOut
    quotas: QuotaStore | None = None
    reconciler: Reconciler | None = None


def no_ledger(sessions: SessionStore, spans: SpanStore) -> Ledger:
    """The parts where nothing is counted."""
    return Ledger(UncountedSessions(sessions), UncountedUploads(spans), HandedOut(None))


def ledger(
    client: Redis,
    plan: Plan | None,
    ttl_ms: int,
    sessions: SessionStore,
    spans: SpanStore,
    metrics: Metrics,
) -> Ledger:
    """The parts under a plan.

    ttl_ms: a session's life after its last use.
    """
    if plan is None:
        return no_ledger(sessions, spans)
    quotas = QuotaStore(client, plan, ttl_ms)
    reconciler = Reconciler(client, quotas, ttl_ms)
    return Ledger(
        CountedSessions(sessions, quotas, reconciler, metrics),
        CountedUploads(spans, quotas, reconciler, metrics),
        HandedOut(quotas),
        quotas,
        reconciler,
    )

"""The composition root: settings → store, sinks, routers → one ASGI application."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator
from functools import partial

from redis.asyncio import Redis

from app.api.application import control_api
from app.api.cases import Cases
from app.api.preparer import Preparer
from app.api.services import Drain, Services
from app.captures.close import Closer
from app.captures.destination import Destination
from app.captures.sink import Sink, SinkError
from app.captures.sinks import Sinks
from app.captures.sweeper import Sweeper
from app.captures.timed_sink import TimedSink
from app.captures.traced import TracedCloser, TracedSink
from app.dataplane.compiled import CompiledRules
from app.dataplane.decider import Decider
from app.dataplane.inject import Inject
from app.dataplane.traces import Traces
from app.dataplane.worker import Worker
from app.http.access import AccessLog, App
from app.http.admission import Admission
from app.http.audit import Audited
from app.http.audit_trail import AuditTrail
from app.http.auth import TokenCheck
from app.http.body import Receive
from app.http.concurrency import Concurrency
from app.http.gate import Gate
from app.http.headers import Scope
from app.http.key_check import KeyCheck
from app.http.respond import Send
from app.http.traced import Traced
from app.settings import SettingError, Settings
from app.store.ack import Ack
from app.store.api_keys import KeyStore
from app.store.audit import AuditStore
from app.store.captures import CaptureIndex
from app.store.cases import CaseStore
from app.store.closes import CloseStore
from app.store.connection import StoreSetupError, connect
from app.store.embedded import EmbeddedServer
from app.store.hits import HitStore
from app.store.ledger import ledger
from app.store.sessions import SessionStore
from app.store.spans import SpanStore
from app.store.start_check import check_store
from app.store.watch import watch_store
from app.telemetry.metrics import Metrics
from app.telemetry.tracing import Tracing, tracing

# How long until a store that was away is looked at again.
RECHECK_SECONDS = 1.0

# How long a part of an upload may be redacted, in seconds: nobody waits for an answer in a hurry.
REDACTION_SECONDS = 60.0

log = logging.getLogger("softprobe.start")


def _sink(template: str) -> Sink:
    """The sinks, once the one that the template names is seen to be set up."""
    sinks = Sinks()
    try:
        sinks.of(template)
    except SinkError as error:
        raise SettingError(f"SOFTPROBE_CAPTURE_CASE_PATH cannot be used: {error}") from None
    return sinks


def _admission(settings: Settings, client: Redis) -> Admission:
    """Who is let in to `/v1/…`."""
    if settings.asks_for_keys:
        return KeyCheck(KeyStore(client))
    return TokenCheck(settings.api_token.get_secret_value())


class Dispatch:
    """Sends the data plane's two paths past FastAPI, and all others to it."""

    def __init__(self, calls: dict[str, App], rest: App) -> None:
        self._calls = calls
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        await self._calls.get(scope["path"], self._rest)(scope, receive, send)


class Runtime:
    """One replica: its application and what runs beside it."""

    def __init__(
        self,
        client: Redis,
        settings: Settings,
        drain: Drain | None = None,
        traces: Tracing | None = None,
    ) -> None:
        ttl_ms = settings.session_ttl
        metrics = Metrics()
        watch_store(client, metrics, traces)
        sessions = SessionStore(client, ttl_ms)
        spans = SpanStore(client, ttl_ms, settings.max_capture_bytes)
        self._ledger = ledger(client, settings.plan, ttl_ms, sessions, spans, metrics)
        captures = CaptureIndex(client)
        sink: Sink = TimedSink(_sink(settings.capture_case_path), metrics)
        sink = TracedSink(sink, traces) if traces else sink
        closes, destination = CloseStore(client), Destination(settings.capture_case_path)
        new_closer = partial(TracedCloser, traces) if traces else Closer
        closer = new_closer(closes, spans, sessions.index, captures, sink, destination, metrics)
        admission = _admission(settings, client)
        concurrency = Concurrency(settings.concurrency, metrics)
        limit = settings.max_body_bytes
        cases = Cases(CaseStore(client, ttl_ms), Preparer())
        services = Services(
            client, sessions, self._ledger, cases, captures, closer, sink, metrics,
            drain or Drain(), limit,
        )  # fmt: skip
        compiled = CompiledRules(sessions, metrics)
        self._workers = Worker(), Worker(REDACTION_SECONDS)
        decider = Decider(compiled, sessions, HitStore(client, ttl_ms), self._workers[0])
        bounds, counted = (admission, concurrency, limit), self._ledger
        calls = (
            Inject(*bounds, decider, counted.handed_out, metrics),
            Traces(*bounds, spans, counted.uploads, compiled, self._workers[1], metrics),
        )
        self._audit = AuditTrail(AuditStore(client))
        control: App = control_api(services)
        if settings.asks_for_keys:
            control = Audited(control, self._audit)
        scrapes = TokenCheck(settings.metrics_token.get_secret_value())
        gate = Gate(control, admission, scrapes, concurrency)
        self._sweeper = Sweeper(closer, sessions.index, ttl_ms, metrics, self._ledger.reconciler)
        logged = AccessLog(Dispatch({call.route: call for call in calls}, gate), metrics)
        self.app: App = Traced(logged, traces) if traces else logged

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[App]:
        """The application, with the sweeper, the audit and the counts at work beside it."""
        handed_out = self._ledger.handed_out
        works = (self._sweeper.run, self._audit.run, handed_out.run)
        beside = [asyncio.create_task(work()) for work in works]
        try:
            yield self.app
        finally:
            await self._audit.empty()
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await handed_out.flush()
            await asyncio.gather(*(worker.close() for worker in self._workers))


async def _check(client: Redis, ack: Ack) -> bool:
    """Look at the store and log what there is to warn of; whether it answered."""
    checked = await check_store(client, ack)
    for warning in checked.warnings:
        log.warning(warning)
    return checked.answers


async def _check_later(client: Redis, ack: Ack) -> None:
    """Check a store that was away at the start, once it answers."""
    answers = False
    try:
        while not answers:
            await asyncio.sleep(RECHECK_SECONDS)
            checked = await check_store(client, ack)
            answers = checked.answers
        for warning in checked.warnings:
            log.warning(warning)
    except StoreSetupError as error:
        log.error(str(error))


@contextlib.asynccontextmanager
async def _checked(client: Redis, ack: Ack) -> AsyncIterator[None]:
    """Check the store; one that does not answer yet is checked when it does.

    Raises StoreSetupError if it answers and cannot serve.
    """
    later = None
    try:
        if not await _check(client, ack):
            later = asyncio.create_task(_check_later(client, ack))
        yield
    finally:
        if later:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        await client.aclose()


@contextlib.asynccontextmanager
async def replica(settings: Settings, drain: Drain) -> AsyncIterator[App]:
    """A replica by its settings, with the embedded server if no other store is named.

    drain: tells it when the replica is about to end.
    Raises EmbeddedError if that does not start, StoreSetupError if the store cannot serve,
    SettingError if captures have nowhere to go.
    """
    ack = Ack(settings.store_ack)
    embedded = None if settings.store_url else EmbeddedServer(settings.data_dir, ack)
    if embedded:
        await embedded.start()
    url = embedded.url if embedded else settings.store_url
    try:
        client = connect(url, ack)
        async with (
            tracing(os.environ) as traces,
            _checked(client, ack),
            Runtime(client, settings, drain, traces).running() as app,
        ):
            yield app
    finally:
        if embedded:
            await embedded.stop()

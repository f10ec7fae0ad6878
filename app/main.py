"""The composition root: settings → store, sinks, routers → one ASGI application."""

import asyncio
import contextlib
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
from app.fastlane.build import fast_lane
from app.fastlane.record import Record
from app.http.access import AccessLog, App
from app.http.access_lines import AccessLines
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
from app.store.connection import connect
from app.store.embedded import EmbeddedServer
from app.store.hits import HitStore
from app.store.hot_calls import HotCalls
from app.store.ledger import ledger
from app.store.pipes import Pipes, source_of
from app.store.sessions import SessionStore
from app.store.spans import SpanStore
from app.store.standing import Standing
from app.store.watch import StoreWatch, watch_store
from app.telemetry.metrics import Metrics
from app.telemetry.tracing import Tracing, tracing

# How long a part of an upload may be redacted, in seconds: nobody waits for an answer in a hurry.
REDACTION_SECONDS = 60.0


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
        self._standing = Standing(client, Ack(settings.store_ack))
        services = Services(
            client, self._standing, sessions, self._ledger, cases, captures, closer, sink, metrics,
            drain or Drain(), limit,
        )  # fmt: skip
        compiled = CompiledRules(sessions, metrics)
        self._workers = Worker(), Worker(REDACTION_SECONDS)
        decider = Decider(compiled, sessions, HitStore(client, ttl_ms), self._workers[0])
        bounds, counted = (admission, concurrency, limit), self._ledger
        inject = Inject(*bounds, decider, counted.handed_out, metrics)
        uploads = Traces(*bounds, spans, counted.uploads, compiled, self._workers[1], metrics)
        routes: dict[str, App] = {call.route: call for call in (inject, uploads)}
        self._audit = AuditTrail(AuditStore(client))
        control: App = control_api(services)
        if settings.asks_for_keys:
            control = Audited(control, self._audit)
        scrapes = TokenCheck(settings.metrics_token.get_secret_value())
        gate = Gate(control, admission, scrapes, concurrency)
        self._sweeper = Sweeper(closer, sessions.index, ttl_ms, metrics, self._ledger.reconciler)
        lines = AccessLines()
        logged = AccessLog(Dispatch(routes, gate), metrics, lines)
        self.app: App = Traced(logged, traces) if traces else logged
        self._pipes = Pipes(source_of(client))
        calls, record = HotCalls(self._pipes, StoreWatch(metrics)), Record(metrics, lines)
        lane = fast_lane(settings, inject, uploads, compiled, calls, record)
        # A call that is traced has more to tell than the fast lane notes.
        self.lane = None if traces else lane

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Runtime"]:
        """The replica, with all that works beside its calls, once the store was looked at.

        Raises StoreSetupError if that answers and cannot serve.
        """
        async with self._standing.watched():
            works = (self._sweeper.run, self._audit.run, self._ledger.handed_out.run)
            beside = [asyncio.create_task(work()) for work in works]
            try:
                yield self
            finally:
                await self._audit.empty()
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
                await self._ledger.handed_out.flush()
                await asyncio.gather(*(worker.close() for worker in self._workers))
                await self._pipes.close()


@contextlib.asynccontextmanager
async def replica(settings: Settings, drain: Drain) -> AsyncIterator[Runtime]:
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
            contextlib.aclosing(client),
            Runtime(client, settings, drain, traces).running() as runtime,
        ):
            yield runtime
    finally:
        if embedded:
            await embedded.stop()

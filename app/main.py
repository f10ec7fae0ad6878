"""The composition root: settings → store, sinks, routers → one ASGI application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from redis.asyncio import Redis

from app.api.application import control_api
from app.api.cases import Cases
from app.api.preparer import Preparer
from app.api.services import Services
from app.captures.close import Closer
from app.captures.destination import Destination
from app.captures.file_sink import FileSink
from app.captures.sweeper import Sweeper
from app.dataplane.compiled import CompiledRules
from app.dataplane.decider import Decider
from app.dataplane.inject import Inject
from app.dataplane.traces import Traces
from app.dataplane.worker import Worker
from app.http.access import AccessLog, App
from app.http.auth import TokenCheck
from app.http.body import Receive
from app.http.gate import Gate
from app.http.headers import Scope
from app.http.respond import Send
from app.settings import Settings
from app.store.captures import CaptureIndex
from app.store.cases import CaseStore
from app.store.closes import CloseStore
from app.store.connection import connect
from app.store.embedded import EmbeddedServer
from app.store.hits import HitStore
from app.store.sessions import SessionStore
from app.store.spans import SpanStore
from app.telemetry.metrics import Metrics

# How long a part of an upload may be redacted, in seconds: nobody waits for an answer in a hurry.
REDACTION_SECONDS = 60.0


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

    def __init__(self, client: Redis, settings: Settings) -> None:
        self._client = client
        ttl_ms = settings.session_ttl
        sessions = SessionStore(client, ttl_ms)
        spans = SpanStore(client, ttl_ms, settings.max_capture_bytes)
        captures = CaptureIndex(client)
        sink = FileSink()
        destination = Destination(settings.capture_case_path)
        closer = Closer(CloseStore(client), spans, sessions.index, captures, sink, destination)
        metrics = Metrics()
        check = TokenCheck(settings.api_token.get_secret_value())
        limit = settings.max_body_bytes
        cases = Cases(CaseStore(client, ttl_ms), Preparer())
        services = Services(client, sessions, cases, captures, closer, sink, metrics, limit)
        compiled = CompiledRules(sessions, metrics)
        self._workers = Worker(), Worker(REDACTION_SECONDS)
        decider = Decider(compiled, sessions, HitStore(client, ttl_ms), self._workers[0])
        calls = (
            Inject(check, limit, decider, metrics),
            Traces(check, limit, spans, compiled, self._workers[1], metrics),
        )
        gate = Gate(
            control_api(services), check, TokenCheck(settings.metrics_token.get_secret_value())
        )
        self._sweeper = Sweeper(closer, sessions.index, ttl_ms)
        self.app: App = AccessLog(Dispatch({call.route: call for call in calls}, gate))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[App]:
        """The application, with the sweeper at work beside it."""
        sweeping = asyncio.create_task(self._sweeper.run())
        try:
            yield self.app
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)
            await asyncio.gather(*(worker.close() for worker in self._workers))
            await self._client.aclose()


@contextlib.asynccontextmanager
async def replica(settings: Settings) -> AsyncIterator[App]:
    """A replica by its settings, with the embedded server if no other store is named.

    Raises EmbeddedError if that does not start.
    """
    embedded = None if settings.store_url else EmbeddedServer(settings.data_dir)
    if embedded:
        await embedded.start()
    url = embedded.url if embedded else settings.store_url
    try:
        async with Runtime(connect(url), settings).running() as app:
            yield app
    finally:
        if embedded:
            await embedded.stop()

"""Tracing of our own calls, by OpenTelemetry's standard variables; off unless they ask for it.

Where it is off nothing of OpenTelemetry is imported and nothing stands in the way of a call.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Protocol

from app.settings import SettingError

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
_EXPORTER = "OTEL_TRACES_EXPORTER"
_SPOKEN = "http/protobuf"


class Span(Protocol):
    """A span under way."""

    trace_id: str

    def note(self, attributes: Mapping[str, str | int]) -> None:
        """Add attributes."""

    def rename(self, name: str) -> None:
        """Give it the name that is known only now."""

    def fail(self, kind: str) -> None:
        """Mark it as failed.

        kind: a word for what went wrong, without what a caller sent.
        """


class Tracing(Protocol):
    """Makes spans; each is its context's current one for as long as its body runs."""

    def request(self, headers: Iterable[tuple[bytes, bytes]]) -> AbstractContextManager[Span]:
        """A request that is served, as a part of its caller's trace if the headers name one."""
        ...

    def step(self, name: str, **attributes: str) -> AbstractContextManager[Span]:
        """Some work of our own."""
        ...

    def store_call(self, call: str) -> AbstractContextManager[Any]:
        """A question to the store; nothing where it belongs to no span."""
        ...

    def shut_down(self) -> None:
        """Send what there is, and end; this may take some seconds."""


def wants_traces(environ: Mapping[str, str]) -> bool:
    """Whether the variables ask for traces. Raises SettingError for what cannot be done."""
    exporter = environ.get(_EXPORTER, "")
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or exporter == "none":
        return False
    if exporter not in ("", "otlp"):
        raise SettingError(f"{_EXPORTER}={exporter!r} is not accepted: expected otlp or none")
    if not exporter and not any(environ.get(name) for name in _ENDPOINTS):
        return False
    for name in _PROTOCOLS:
        if environ.get(name, _SPOKEN) not in ("", _SPOKEN):
            raise SettingError(f"{name}={environ[name]!r} is not accepted: expected {_SPOKEN}")
    return True


@asynccontextmanager
async def tracing(environ: Mapping[str, str]) -> AsyncIterator[Tracing | None]:
    """Tracing for as long as the body runs; None where nobody asked for it."""
    if not wants_traces(environ):
        yield None
        return
    from app.telemetry.open_telemetry import OpenTelemetry  # noqa: PLC0415 only where it is wanted

    made = OpenTelemetry()
    try:
        yield made
    finally:
        await asyncio.to_thread(made.shut_down)

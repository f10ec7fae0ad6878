"""Tracing with OpenTelemetry's SDK, which reads its own `OTEL_…` variables; see tracing.py.

Spans carry names and numbers; a failure is told by its kind, without a text that might quote a
caller.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Thread
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

from app import __version__
from app.errors import ApiError

SERVICE = "softprobe-runtime"
# How long the last spans may take at the end; the exporter by itself tries for 10 s, in seconds.
FLUSH_SECONDS = 3.0
# A request whose route is not known yet.
UNNAMED = "request"


def _resource() -> Resource:
    """What runs; `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` have the last word."""
    own = Resource.create({"service.name": SERVICE, "service.version": __version__})
    return own.merge(OTELResourceDetector().detect())


class _Span:
    """One span."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        self.trace_id = trace.format_trace_id(span.get_span_context().trace_id)

    def note(self, attributes: Mapping[str, str | int]) -> None:
        self._span.set_attributes(attributes)

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def fail(self, kind: str) -> None:
        self._span.set_status(Status(StatusCode.ERROR))
        self._span.set_attribute("error.type", kind)


class OpenTelemetry:
    """Makes spans and sends them in batches, from a thread of their own."""

    def __init__(self) -> None:
        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer(SERVICE, __version__)

    @contextmanager
    def _span(self, name: str, kind: SpanKind, **options: Any) -> Iterator[_Span]:
        with self._tracer.start_as_current_span(
            name, kind=kind, record_exception=False, set_status_on_exception=False, **options
        ) as span:
            held = _Span(span)
            try:
                yield held
            except BaseException as error:
                held.fail(error.name if isinstance(error, ApiError) else type(error).__name__)
                raise

    def request(self, headers: Iterable[tuple[bytes, bytes]]) -> AbstractContextManager[_Span]:
        """A request that is served, as a part of its caller's trace if the headers name one."""
        carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        return self._span(UNNAMED, SpanKind.SERVER, context=propagate.extract(carrier))

    def step(self, name: str, **attributes: str) -> AbstractContextManager[_Span]:
        """Some work of our own."""
        return self._span(name, SpanKind.INTERNAL, attributes=attributes)

    def store_call(self, call: str) -> AbstractContextManager[Any]:
        """A question to the store; nothing where it belongs to no span."""
        if not trace.get_current_span().is_recording():
            return nullcontext()
        attributes = {"db.system.name": "redis", "db.operation.name": call}
        return self._span(call, SpanKind.CLIENT, attributes=attributes)

    def shut_down(self) -> None:
        """Send what there is, and end; a collector that is away is not waited for."""
        ending = Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(FLUSH_SECONDS)

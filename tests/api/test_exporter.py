"""An unmodified OpenTelemetry SDK exporter, pointed at the runtime, works."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Tracer

from tests.api.conftest import TOKEN
from tests.api.test_traces import attributes_of, case_of, spans_of
from tests.servers import Replica

COUNT = 25


@contextmanager
def tracer(
    replica: Replica, compression: Compression, headers: dict[str, str] | None = None
) -> Iterator[Tracer]:
    """A tracer whose spans all reach the replica before the block's end."""
    exporter = OTLPSpanExporter(
        endpoint=f"{replica.base}/v1/traces", compression=compression, headers=headers, timeout=10
    )
    provider = TracerProvider(resource=Resource({"service.name": "shop", "n": 1}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    yield provider.get_tracer("the scope", "1.2.3")
    assert provider.force_flush()
    provider.shutdown()


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_everything_that_the_sdk_exports_is_in_the_case(
    runtime: Replica, compression: Compression
) -> None:
    """Names, attributes, events, resource and scope of every span, parents included."""
    session_id = runtime.create("capture")
    marks = {"sp.span.type": "extract", "sp.session.id": session_id}
    with tracer(runtime, compression) as sdk:
        for number in range(COUNT):
            with sdk.start_as_current_span(f"hop {number}", attributes=marks) as span:
                span.set_attributes({"n": number, "ratio": 0.5, "on": True, "list": ["a", "b"]})
                span.add_event("seen", {"k": "v"})
    case = case_of(runtime, session_id)
    assert sorted(span["name"] for span in spans_of(case)) == sorted(
        f"hop {number}" for number in range(COUNT)
    )
    [first] = [span for span in spans_of(case) if span["name"] == "hop 0"]
    found = attributes_of(first)
    assert (found["n"], found["on"]) == ({"intValue": "0"}, {"boolValue": True})
    assert found["list"] == {"arrayValue": {"values": [{"stringValue": "a"}, {"stringValue": "b"}]}}
    assert first["events"][0]["name"] == "seen"
    resource_spans = case["traces"][0]["resourceSpans"][0]
    service = attributes_of(resource_spans["resource"])["service.name"]
    assert service == {"stringValue": "shop"}
    scope = resource_spans["scopeSpans"][0]["scope"]
    assert (scope["name"], scope["version"]) == ("the scope", "1.2.3")


def test_an_exporter_with_the_token_among_its_headers_is_let_in(guarded: Replica) -> None:
    """As `OTEL_EXPORTER_OTLP_HEADERS` sets it."""
    shown = {"authorization": f"Bearer {TOKEN}"}
    created = guarded.post("/v1/sessions", {"mode": "replay"}, headers=shown).json()
    marks = {"sp.span.type": "extract", "sp.session.id": created["sessionId"]}
    with tracer(guarded, Compression.Gzip, shown) as sdk:
        sdk.start_span("hop", attributes=marks).end()
    stats = guarded.get(f"/v1/sessions/{created['sessionId']}/stats", headers=shown).json()
    assert stats["stats"]["extractedSpans"] == 1

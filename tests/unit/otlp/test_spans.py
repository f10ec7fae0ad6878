import pytest
from hypothesis import given
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, TracesData

from app.otlp.spans import ObservedSpan, observed_spans
from tests.unit.otlp.payloads import SPAN_ID, TRACE_ID, only_span, pairs, payloads, span, traces


def _observed(payload: TracesData) -> ObservedSpan:
    [observed] = observed_spans(payload)
    return observed


def test_every_span_is_observed_in_order_with_its_own_mark_and_session() -> None:
    """A payload may mix sessions, and spans that nobody marked."""
    payload = traces(
        span({"sp.span.type": "extract", "sp.session.id": "a"}),
        span({"sp.session.id": "b"}),
        span({"sp.span.type": "inject"}),
    )
    payload.MergeFrom(traces(span({"sp.span.type": "extract"}), resource={"sp.session.id": "c"}))
    assert [(each.marked, each.session_id) for each in observed_spans(payload)] == [
        (True, "a"),
        (False, "b"),
        (False, ""),
        (True, "c"),
    ]


@pytest.mark.parametrize("trace_id", [b"", b"t", b"t" * 15, b"t" * 17, bytes(16)])
def test_a_span_with_a_misshapen_trace_id_is_not_well_formed(trace_id: bytes) -> None:
    """Missing, short, long or all zero."""
    assert not _observed(traces(span({}, trace_id=trace_id))).well_formed


@pytest.mark.parametrize("span_id", [b"", b"s" * 7, b"s" * 16, bytes(8)])
def test_a_span_with_a_misshapen_span_id_is_not_well_formed(span_id: bytes) -> None:
    """The same for the span's own id."""
    assert not _observed(traces(span({}, span_id=span_id))).well_formed


def test_a_retried_span_has_the_same_identity() -> None:
    """Trace id and span id are it, whatever the parent's id looks like."""
    retried = span({"retry": True})
    retried.parent_span_id = b"misshapen"
    first, again = _observed(traces(span({}))), _observed(traces(retried))
    assert again.well_formed
    assert first.identity == again.identity == TRACE_ID + SPAN_ID


def test_a_kept_span_stands_alone_in_its_own_resource_and_scope() -> None:
    """With the schema URLs of both; its siblings are left out."""
    scope = InstrumentationScope(name="scope", version="1", attributes=pairs({"s": 1}))
    scope_spans = ScopeSpans(
        scope=scope, schema_url="scope-schema", spans=[span({"n": 1}), span({"n": 2})]
    )
    resource_spans = ResourceSpans(
        resource=Resource(attributes=pairs({"service.name": "api"})),
        schema_url="resource-schema",
        scope_spans=[ScopeSpans(), scope_spans],
    )
    payload = TracesData(resource_spans=[ResourceSpans(), resource_spans])
    kept = [TracesData.FromString(each.payload()) for each in observed_spans(payload)]
    del resource_spans.scope_spans[0]
    for number, alone in enumerate(kept):
        expected = TracesData(resource_spans=[resource_spans])
        only = scope_spans.spans[number]
        del expected.resource_spans[0].scope_spans[0].spans[:]
        expected.resource_spans[0].scope_spans[0].spans.append(only)
        assert alone == expected


@given(payloads)
def test_what_was_not_set_around_a_span_stays_unset(payload: TracesData) -> None:
    """No empty resource or scope is made up."""
    for each in observed_spans(payload):
        [resource_spans] = TracesData.FromString(each.payload()).resource_spans
        [scope_spans] = resource_spans.scope_spans
        assert resource_spans.HasField("resource") == each.resource_spans.HasField("resource")
        assert scope_spans.HasField("scope") == each.scope_spans.HasField("scope")


def test_fields_unknown_to_otlp_are_not_kept() -> None:
    """A redaction could not look into them."""
    secret = Span.FromString(span({}).SerializeToString() + b"\xfa\x3e\x06secret")
    payload = _observed(traces(secret)).payload()
    assert b"secret" not in payload
    assert only_span(TracesData.FromString(payload)) == span({})

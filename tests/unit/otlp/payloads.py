"""Payloads for the tests: built from plain values, and generated."""

import json
import math
from collections.abc import Mapping
from typing import cast

from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    EntityRef,
    InstrumentationScope,
    KeyValue,
    KeyValueList,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import (
    ResourceSpans,
    ScopeSpans,
    Span,
    Status,
    TracesData,
)

TRACE_ID = bytes.fromhex("0af7651916cd43dd8448eb211c80319c")
SPAN_ID = bytes.fromhex("b7ad6b7169203331")


def any_value(value: object) -> AnyValue:
    """The AnyValue of a plain value."""
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case str():
            return AnyValue(string_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=[any_value(item) for item in value]))
        case dict():
            return AnyValue(kvlist_value=KeyValueList(values=pairs(value)))
        case _:
            return AnyValue()


def pairs(attributes: Mapping[str, object]) -> list[KeyValue]:
    """The attributes as OTLP's pairs."""
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def span(
    attributes: Mapping[str, object], *, trace_id: bytes = TRACE_ID, span_id: bytes = SPAN_ID
) -> Span:
    """A span with these attributes."""
    return Span(trace_id=trace_id, span_id=span_id, attributes=pairs(attributes))


def traces(*spans: Span, resource: Mapping[str, object] | None = None) -> TracesData:
    """A payload of one resource and one scope that hold the spans."""
    return TracesData(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=pairs(resource or {})),
                scope_spans=[ScopeSpans(spans=spans)],
            )
        ]
    )


def span_json(body: Mapping[str, object]) -> bytes:
    """A JSON payload of one span, given as OTLP JSON."""
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [body]}]}]}).encode()


def value_json(value: object) -> bytes:
    """A JSON payload of one span with one attribute, its value given as OTLP JSON."""
    return span_json({"attributes": [{"key": "k", "value": value}]})


def only_span(payload: TracesData) -> Span:
    """The one span of a payload."""
    [resource_spans] = payload.resource_spans
    [scope_spans] = resource_spans.scope_spans
    [only] = scope_spans.spans
    return only


def nested(levels: int) -> TracesData:
    """A payload whose one attribute is that many arrays in each other: 6 messages and 2 a level."""
    value: object = "deep"
    for _ in range(levels):
        value = [value]
    return traces(span({"k": value}))


_words = st.text(max_size=8)
_scalars = st.one_of(
    st.none(),
    st.booleans(),
    _words,
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.just(math.nan),  # the one NaN that JSON can name
    st.binary(max_size=8),
)
plain_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3),
    max_leaves=6,
)
_pairs = st.dictionaries(_words, plain_values, max_size=3).map(pairs)
_uint32 = st.integers(0, 2**32 - 1)
_uint64 = st.integers(0, 2**64 - 1)
_ids = st.binary(max_size=20)
_spans = st.builds(
    Span,
    trace_id=_ids,
    span_id=_ids,
    trace_state=_words,
    parent_span_id=_ids,
    flags=_uint32,
    name=_words,
    kind=st.integers(0, 9),
    start_time_unix_nano=_uint64,
    end_time_unix_nano=_uint64,
    attributes=_pairs,
    dropped_attributes_count=_uint32,
    events=st.lists(
        st.builds(Span.Event, time_unix_nano=_uint64, name=_words, attributes=_pairs), max_size=2
    ),
    links=st.lists(st.builds(Span.Link, trace_id=_ids, span_id=_ids, flags=_uint32), max_size=2),
    status=st.none() | st.builds(Status, message=_words, code=st.integers(0, 2)),
)
_resources = st.builds(
    Resource,
    attributes=_pairs,
    entity_refs=st.lists(
        st.builds(EntityRef, type=_words, id_keys=st.lists(_words, max_size=2)), max_size=1
    ),
)
_scope_spans = st.builds(
    ScopeSpans,
    scope=st.none() | st.builds(InstrumentationScope, name=_words, attributes=_pairs),
    spans=st.lists(_spans, max_size=2),
    schema_url=_words,
)
payloads = cast(
    "st.SearchStrategy[TracesData]",
    st.builds(
        TracesData,
        resource_spans=st.lists(
            st.builds(
                ResourceSpans,
                resource=st.none() | _resources,
                scope_spans=st.lists(_scope_spans, max_size=2),
                schema_url=_words,
            ),
            max_size=2,
        ),
    ),
)

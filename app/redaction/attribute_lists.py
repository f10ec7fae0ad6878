"""Attribute lists: all that a span and what is around it have."""

from collections.abc import Iterator, Sequence

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.otlp.traces import spans_of

Pairs = Sequence[KeyValue]


def attribute_lists(traces: TracesData) -> Iterator[Pairs]:
    """Every list of attributes that there is in the traces."""
    for resource_spans, scope_spans, span in spans_of(traces):
        yield resource_spans.resource.attributes
        yield scope_spans.scope.attributes
        yield span.attributes
        yield from (event.attributes for event in span.events)
        yield from (link.attributes for link in span.links)

"""Observed spans: what an upload holds, span by span, each fit to be kept by itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, TracesData

from app.otlp.attributes import attribute, text
from app.otlp.hops import SESSION_ID
from app.otlp.traces import SPAN_TYPE

TRACE_ID_BYTES = 16
SPAN_ID_BYTES = 8


_NO_IDS = (bytes(TRACE_ID_BYTES), bytes(SPAN_ID_BYTES))


def is_identity(trace_id: bytes, span_id: bytes) -> bool:
    """Whether both ids have their length and are not all zero."""
    has_lengths = len(trace_id) == TRACE_ID_BYTES and len(span_id) == SPAN_ID_BYTES
    return has_lengths and trace_id not in _NO_IDS and span_id not in _NO_IDS


@dataclass(frozen=True, slots=True)
class ObservedSpan:
    """A span of an upload.

    span: the span.
    scope_spans, resource_spans: what it stands in, its siblings included.
    frame_bytes: about how long the resource and scope are when serialized.
    """

    span: Span
    scope_spans: ScopeSpans
    resource_spans: ResourceSpans
    frame_bytes: int

    @property
    def marked(self) -> bool:
        """Whether it is marked as one to be kept."""
        return attribute(self.span.attributes, SPAN_TYPE) == "extract"

    @property
    def session_id(self) -> str:
        """The session that it belongs to: its own word, else its resource's; empty for none."""
        resource = self.resource_spans.resource
        return text(attribute(self.span.attributes, SESSION_ID)) or text(
            attribute(resource.attributes, SESSION_ID)
        )

    @property
    def well_formed(self) -> bool:
        """Whether both ids have their length and are not all zero."""
        return is_identity(self.span.trace_id, self.span.span_id)

    @property
    def identity(self) -> bytes:
        """The trace id and the span id: the same for every retry, 24 bytes where well formed."""
        return self.span.trace_id + self.span.span_id

    @property
    def size(self) -> int:
        """About how many bytes `payload` gives, known without making it."""
        return self.frame_bytes + self.span.ByteSize()

    def payload(self, change: Callable[[TracesData], None] | None = None) -> bytes:
        """A serialized `TracesData` of this span alone, in its own resource and scope.

        Fields unknown to OTLP are left out: no redaction could look into them.

        change: applied to it before; the span itself stays as it is.
        """
        kept = TracesData()
        resource_spans = kept.resource_spans.add(schema_url=self.resource_spans.schema_url)
        if self.resource_spans.HasField("resource"):
            resource_spans.resource.CopyFrom(self.resource_spans.resource)
        scope_spans = resource_spans.scope_spans.add(schema_url=self.scope_spans.schema_url)
        if self.scope_spans.HasField("scope"):
            scope_spans.scope.CopyFrom(self.scope_spans.scope)
        scope_spans.spans.append(self.span)
        kept.DiscardUnknownFields()
        if change:
            change(kept)
        return kept.SerializeToString()


def observed_spans(traces: TracesData) -> Iterator[ObservedSpan]:
    """Every span of the payload, in order."""
    for resource_spans in traces.resource_spans:
        resource_bytes = resource_spans.resource.ByteSize()
        for scope_spans in resource_spans.scope_spans:
            frame_bytes = resource_bytes + scope_spans.scope.ByteSize()
            for span in scope_spans.spans:
                yield ObservedSpan(span, scope_spans, resource_spans, frame_bytes)

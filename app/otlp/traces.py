"""A payload of traces: read from the wire or a case file, and asked for its hop."""

from collections.abc import Iterator
from typing import NamedTuple

from google.protobuf.message import DecodeError
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, TracesData

from app.errors import ApiError
from app.hop.model import Hop
from app.otlp.attributes import attribute, attributes
from app.otlp.hops import read_hop
from app.otlp.json_reader import from_json
from app.otlp.json_text import read_json
from app.otlp.media import Media

SPAN_TYPE = "sp.span.type"


class InjectQuestion(NamedTuple):
    """The proxy's question whether a hop is to be answered without the upstream.

    hop: the hop.
    trace_id, span_id: as they were sent; the answer repeats them.
    """

    hop: Hop
    trace_id: bytes
    span_id: bytes


def spans_of(traces: TracesData) -> Iterator[tuple[ResourceSpans, ScopeSpans, Span]]:
    """Every span in order, each behind the resource and the scope that it stands in."""
    for resource_spans in traces.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield resource_spans, scope_spans, span


def _no_protobuf(body: bytes) -> str:
    message = "the body is not an OTLP protobuf message"
    is_like_json = body.lstrip().startswith(b"{")
    hint = ", but begins as JSON does, whose content type is application/json"
    return f"{message}{hint}" if is_like_json else message


def _from_protobuf(body: bytes) -> TracesData:
    try:
        return TracesData.FromString(body)
    except DecodeError:
        raise ApiError("invalid_body", _no_protobuf(body)) from None


def read_traces(body: bytes, media: Media, *, lenient_ids: bool = False) -> TracesData:
    """The traces of a payload; unknown fields are ignored.

    lenient_ids: take ids in base64 too in JSON, as case files of other tools have them.

    Raises `invalid_body` for whatever is not OTLP, but not for misshapen ids: they stay misshapen.
    """
    if media is Media.PROTOBUF:
        return _from_protobuf(body)
    return from_json(TracesData(), read_json(body), lenient_ids=lenient_ids)


def inject_hop(traces: TracesData) -> InjectQuestion:
    """The question of the first span whose `sp.span.type` is `inject`.

    Raises `invalid_body` if there is none.
    """
    for resource_spans, _, span in spans_of(traces):
        if attribute(span.attributes, SPAN_TYPE) == "inject":
            resource = attributes(resource_spans.resource.attributes)
            hop = read_hop(attributes(span.attributes), resource)
            return InjectQuestion(hop, span.trace_id, span.span_id)
    count = sum(1 for _ in spans_of(traces))
    message = f"the payload has no span whose sp.span.type is inject, received {count} of others"
    raise ApiError("invalid_body", message)

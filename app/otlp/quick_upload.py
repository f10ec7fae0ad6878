"""The quick way to an upload of one span, as proxies send it; for any other it gives None.

What this gives is what `Upload` makes of the same bytes, at a fraction of the cost.
"""

from typing import NamedTuple

from google.protobuf.message import DecodeError

from app.otlp.hops import SESSION_ID
from app.otlp.spans import is_identity
from app.otlp.traces import SPAN_TYPE
from app.otlp.view import NOTHING, TracesView


class OneSpan(NamedTuple):
    """An upload of one span that is fit to be kept.

    session_id: as its span tells it. identity: the span's. The body itself is what is kept.
    """

    session_id: str
    identity: bytes


def one_span(body: bytes) -> OneSpan | None:
    """The one span of a protobuf payload that holds nothing else, nor a field unknown to OTLP."""
    try:
        view = TracesView.FromString(body)
        all_resource_spans = view.resource_spans
        all_scope_spans = all_resource_spans[0].scope_spans
        spans = all_scope_spans[0].spans
        span = spans[0]
    except (DecodeError, IndexError):
        return None
    if not len(all_resource_spans) == len(all_scope_spans) == len(spans) == 1:
        return None
    get = span.attributes.get
    session_id = get(SESSION_ID, NOTHING).string_value
    if not session_id or get(SPAN_TYPE, NOTHING).string_value != "extract":
        return None
    trace_id, span_id = span.trace_id, span.span_id
    if not is_identity(trace_id, span_id):
        return None
    size = view.ByteSize()
    view.DiscardUnknownFields()
    if view.ByteSize() != size:
        return None
    return OneSpan(session_id, trace_id + span_id)

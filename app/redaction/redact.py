"""Redacting: a span as a rule wants it kept, or, where that fails, without all that it says."""

from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.hop.redaction import Redaction
from app.otlp.traces import spans_of
from app.redaction.attribute_lists import attribute_lists
from app.redaction.redactor import redactor
from app.redaction.values import change_texts, replace_value

# What can hold no secret that a rule could name, and what a span is nothing without.
_HARMLESS = frozenset(
    {
        "http.method",
        "http.request.method",
        "http.response.status_code",
        "http.status_code",
        "service.name",
        "url.host",
    }
)


def _is_harmless(key: str) -> bool:
    return key in _HARMLESS or key.startswith("sp.")


def _blank(traces: TracesData) -> None:
    """Take everything out of the spans that may be a secret."""
    for _, scope_spans, span in spans_of(traces):
        scope_spans.scope.ClearField("name")
        scope_spans.scope.ClearField("version")
        for field in ("events", "links", "name", "status", "trace_state"):
            span.ClearField(field)
    for pairs in attribute_lists(traces):
        for pair in pairs:
            if not _is_harmless(pair.key):
                replace_value(pair.value)
            elif pair.key == "url.host":
                change_texts(pair.value, lambda host: host.rpartition("@")[2])


def redact(traces: TracesData, redaction: Redaction) -> None:
    """Redact the one span of the traces; never raises, and never leaves a secret where it stood.

    traces: a span in its resource and scope, with no fields that OTLP does not know.
    """
    try:
        redactor(redaction).redact(traces)
    except Exception:  # Whatever went wrong, the secret must not be kept.
        _blank(traces)

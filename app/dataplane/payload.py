"""The payload of an observed span: its bytes as a session's rules have it kept."""

from collections.abc import Iterable

from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.otlp.attributes import attributes
from app.otlp.hops import read_hop
from app.otlp.spans import ObservedSpan, observed_spans
from app.redaction.redact import redact
from app.rules.captured import redaction_for
from app.rules.ruleset import RuleSet


def redacted_payload(rules: RuleSet, span: ObservedSpan) -> bytes:
    """A span as it is kept under these rules."""
    resource = attributes(span.resource_spans.resource.attributes)
    redaction = redaction_for(rules, read_hop(attributes(span.span.attributes), resource))
    if redaction is None:
        return span.payload()
    return span.payload(lambda traces: redact(traces, redaction))


def redacted_payloads(rules: RuleSet, payloads: Iterable[bytes]) -> list[bytes]:
    """Payloads of one span each as they are kept under these rules; an empty one stays empty."""
    parsed = [list(observed_spans(TracesData.FromString(payload))) for payload in payloads]
    return [redacted_payload(rules, spans[0]) if spans else b"" for spans in parsed]

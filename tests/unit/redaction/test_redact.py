import pytest

from app.hop.redaction import REDACTED, Redaction
from app.otlp.attributes import attributes
from app.redaction import named
from app.redaction.redact import redact
from tests.unit.otlp import payloads

SECRET = "hush-4711"
PLAIN: dict[str, object] = {
    "sp.session.id": "s",
    "http.request.method": "POST",
    "http.response.status_code": 200,
    "http.request.header.authorization": [SECRET],
    "http.request.body": SECRET,
    "url.full": f"https://h/?a={SECRET}",
    "other": {"a": SECRET},
}


def test_a_span_is_redacted_as_the_rule_says() -> None:
    """What it does not name stays, unless it repeats the secret."""
    others = {"http.request.body": "plain", "url.full": "https://h/?a=plain", "copy": f"<{SECRET}>"}
    traces = payloads.traces(payloads.span(PLAIN | others))
    redact(traces, Redaction(("authorization",)))
    found = attributes(payloads.only_span(traces).attributes)
    redacted = {"http.request.header.authorization": [REDACTED], "other": {"a": REDACTED}}
    assert found == PLAIN | others | redacted | {"copy": f"<{REDACTED}>"}


@pytest.mark.parametrize("redaction", [Redaction(("authorization",)), Redaction((), ("$[",))])
def test_where_redacting_fails_nothing_is_kept_that_may_be_a_secret(
    redaction: Redaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what the span is nothing without."""

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(named, "replace_value", fail)
    span = payloads.span(PLAIN)
    span.name = SECRET
    span.events.add(name=SECRET)
    traces = payloads.traces(span, resource={"service.name": "api", "host": SECRET})
    traces.resource_spans[0].scope_spans[0].scope.name = SECRET
    redact(traces, redaction)
    assert SECRET.encode() not in traces.SerializeToString()
    found = attributes(payloads.only_span(traces).attributes)
    assert found == PLAIN | {
        "http.request.header.authorization": [REDACTED],
        "http.request.body": REDACTED,
        "url.full": REDACTED,
        "other": REDACTED,
    }

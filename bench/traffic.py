"""The traffic that is measured: a hop as a proxy describes it, rules of which one answers it."""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from app.otlp.media import Media
from app.otlp.wire import encode

SPAN_ID = b"\xa5SPANID\x5a"
HOP = {
    "http.request.method": "POST",
    "url.host": "api.stripe.com",
    "url.path": "/v1/payment_intents",
    "sp.service.name": "checkout",
    "sp.traffic.direction": "outbound",
    "http.request.header.content-type": "application/json",
    "http.request.header.accept": "application/json",
    "http.request.header.user-agent": "checkout/1.4",
    "http.request.header.authorization": "Bearer sk_test_bench",
    "http.request.header.idempotency-key": "3f1b0c52",
    "http.request.header.x-request-id": "d2f1c7aa",
    "http.request.header.accept-encoding": "gzip",
    "http.request.body": '{"amount":1200,"currency":"eur","capture_method":"automatic"}',
}


def _span(session_id: str, kind: str, more: dict[str, str]) -> bytes:
    payload = TracesData()
    span: Span = payload.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id = b"\1" * 16, SPAN_ID
    attributes = {"sp.span.type": kind, "sp.session.id": session_id, **HOP, **more}
    for key, value in attributes.items():
        span.attributes.add(key=key).value.string_value = value
    return payload.SerializeToString()


def inject(session_id: str) -> bytes:
    """The question about the hop, as protobuf with 15 attributes."""
    return _span(session_id, "inject", {})


def extract(session_id: str, body_bytes: int) -> bytes:
    """An upload of the hop with its response, whose body has that length."""
    response = {"http.response.status_code": "200", "http.response.body": "r" * body_bytes}
    return _span(session_id, "extract", response)


def encoded(document: dict[str, Any]) -> bytes:
    """A document as it is posted."""
    return json.dumps(document).encode()


def rules(count: int) -> dict[str, Any]:
    """A rules document in which the weakest rule is the one that answers the hop."""
    response = {"status": 200, "body": {"id": "pi_test", "status": "succeeded"}}
    then = {"action": "mock", "response": response}
    answering = {"when": {"host": "api.stripe.com"}, "then": then, "priority": 0}
    others = [
        {"when": {"host": f"h{n}.example", "path": f"/{n}"}, "then": then, "priority": 1}
        for n in range(count - 1)
    ]
    return {"version": 1, "rules": [answering, *others]}


def _recorded(number: int) -> dict[str, Any]:
    """A trace of one recorded hop, some 10 KB."""
    told = {
        **HOP,
        "sp.span.type": "extract",
        "url.path": f"/v1/recorded/{number}",
        "http.response.status_code": "200",
        "http.response.body": f"{number:010}" * 900,
    }
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in told.items()]
    span = {
        "traceId": f"{number + 1:032x}",
        "spanId": f"{number + 1:016x}",
        "attributes": attributes,
    }
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def case(size: int) -> dict[str, Any]:
    """A case document of about so many bytes."""
    one = len(json.dumps(_recorded(0)))
    traces = [_recorded(number) for number in range(size // one)]
    return {"version": "1", "caseId": "bench", "traces": traces}


def as_json(payload: bytes) -> bytes:
    """A protobuf payload as OTLP JSON."""
    return encode(TracesData.FromString(payload), Media.JSON)


def http_request(
    path: str,
    body: bytes,
    media: Media = Media.PROTOBUF,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """A whole request, as a proxy sends it."""
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = (
        f"POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: {media.content_type}\r\n"
        f"{more}content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def in_turn(requests: Sequence[bytes]) -> Iterator[bytes]:
    """Some requests, one after the other, again and again."""
    return itertools.cycle(requests)


def observed(session_id: str, spans: int, start: int = 0) -> bytes:
    """An upload of so many small spans, numbered from a start."""
    payload = TracesData()
    kept = payload.resource_spans.add().scope_spans.add().spans
    for number in range(start, start + spans):
        span = kept.add(trace_id=b"\1" * 16, span_id=(number + 1).to_bytes(8, "big"))
        told = {"sp.span.type": "extract", "sp.session.id": session_id, "url.path": f"/{number}"}
        for key, value in told.items():
            span.attributes.add(key=key).value.string_value = value
    return payload.SerializeToString()


def the_same(request: bytes) -> Iterator[bytes]:
    """The request, again and again."""
    return itertools.repeat(request)


def with_fresh_span_ids(request: bytes) -> Iterator[bytes]:
    """The request with another span id each time, or an upload would be recognised as a retry."""
    before, _, after = request.partition(SPAN_ID)
    return (before + n.to_bytes(8, "big") + after for n in itertools.count(1))

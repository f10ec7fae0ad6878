"""Answers: what the two data-plane calls say in OTLP when all went well."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, TracesData

from app.hop.answer import Answer
from app.otlp.media import Media
from app.otlp.octets import to_base64
from app.otlp.wire import encode


def _number(key: str, number: int) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(int_value=number))


def _string(key: str, string: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=string))


def _header(name: str, values: Sequence[str]) -> KeyValue:
    key = f"http.response.header.{name}"
    if len(values) == 1:
        return _string(key, values[0])
    strings = ArrayValue(values=[AnyValue(string_value=value) for value in values])
    return KeyValue(key=key, value=AnyValue(array_value=strings))


def _body(body: bytes) -> Iterator[KeyValue]:
    try:
        yield _string("http.response.body", body.decode("utf-8"))
    except UnicodeDecodeError:
        yield _string("http.response.body", to_base64(body))
        yield _string("http.response.body.encoding", "base64")


def _attributes(answer: Answer) -> Iterator[KeyValue]:
    yield _number("http.response.status_code", answer.status)
    yield from (_header(name, values) for name, values in answer.headers)
    if answer.body:
        yield from _body(answer.body)
    if answer.delay_ms > 0:
        yield _number("sp.response.delay_ms", answer.delay_ms)


class SentIds(NamedTuple):
    """The ids of a question by themselves; see `Ids`."""

    trace_id: bytes
    span_id: bytes


class Ids(Protocol):
    """The ids of a question, as they were sent."""

    @property
    def trace_id(self) -> bytes:
        """The trace's."""

    @property
    def span_id(self) -> bytes:
        """The span's."""


def encode_hit(answer: Answer, question: Ids | None, media: Media) -> bytes:
    """The bytes of a hit: one span with the question's ids and the response as its attributes.

    question: None where it was not read; then there are no ids.
    """
    span = Span(attributes=_attributes(answer))
    if question:
        span.trace_id, span.span_id = question.trace_id, question.span_id
    scope_spans = ScopeSpans(spans=[span])
    traces = TracesData(resource_spans=[ResourceSpans(scope_spans=[scope_spans])])
    return encode(traces, media)


def export_response(rejected: int, message: str, media: Media) -> bytes:
    """The bytes of the answer to an upload; `partialSuccess` is unset where all was kept.

    rejected: how many spans were refused for good.
    message: why, for the caller to read.
    """
    response = ExportTraceServiceResponse()
    if rejected or message:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = message
    return encode(response, media)

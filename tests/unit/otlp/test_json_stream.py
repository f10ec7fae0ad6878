"""Long payloads in pieces: the same bytes as in one, however they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from app.otlp.json_stream import TraceStream
from app.otlp.json_writer import case_trace
from tests.unit.otlp.payloads import any_value, nested, payloads, span, traces


def streamed(payload: bytes, piece: int, long_bytes: int) -> bytes:
    """The text of a payload that comes in pieces."""
    stream = TraceStream(len(payload), long_bytes)
    pieces = (payload[at : at + piece] for at in range(0, len(payload), piece))
    return b"".join(stream.feed(octets) for octets in pieces)


@given(payloads.filter(lambda payload: payload.ByteSize() > 0), st.data())
def test_any_payload_gives_the_bytes_of_the_whole(payload: TracesData, data: st.DataObject) -> None:
    """Whatever is long, and wherever the pieces end."""
    stored = payload.SerializeToString()
    piece = data.draw(st.integers(1, len(stored)))
    long_bytes = data.draw(st.integers(0, len(stored)))
    assert streamed(stored, piece, long_bytes) == case_trace(stored)


@pytest.mark.parametrize(
    "value",
    ['ä€\U0001f600\0"\\\n' * 40_000, bytes(range(256)) * 1000, {"k": ["v" * 90_000] * 3}],
    ids=["text", "bytes", "nested"],
)
@pytest.mark.parametrize("piece", [1000, 2**20])
def test_long_values_are_written_as_they_come(value: object, piece: int) -> None:
    """Characters and groups of base64 that are cut in two included."""
    stored = traces(span({"a": 1, "k": value, "z": 2})).SerializeToString()
    assert streamed(stored, piece, 64 * 1024) == case_trace(stored)


@pytest.mark.parametrize(
    "held",
    [
        Span(trace_id=b"\xab" * 100, name="n"),
        Span(attributes=[KeyValue(value=any_value("x" * 100))]),
        Span(attributes=[KeyValue(key="k" * 100)]),
        Span(flags=1, attributes=[KeyValue()] * 100, kind=Span.SPAN_KIND_CLIENT),
    ],
    ids=["a misshapen id", "no key", "no value", "many small ones"],
)
def test_odd_spans_are_written_as_ever(held: Span) -> None:
    """Ids in hex, keys always."""
    stored = traces(held).SerializeToString()
    assert streamed(stored, 7, 16) == case_trace(stored)


def test_no_piece_is_much_longer_than_what_came_in() -> None:
    """So a long span is never in memory whole."""
    stored = traces(span({"k": "x" * 10**6})).SerializeToString()
    stream = TraceStream(len(stored))
    made = [stream.feed(stored[at : at + 10_000]) for at in range(0, len(stored), 10_000)]
    assert max(map(len, made)) < 10_000 + 1000


def test_messages_in_each_other_are_no_trouble() -> None:
    """As deep as protobuf itself reads."""
    stored = nested(40).SerializeToString()
    assert streamed(stored, 3, 0) == case_trace(stored)


def test_fields_out_of_order_are_refused() -> None:
    """They would give other bytes; no payload of ours has any."""
    [one, other] = (traces(span({"k": name})).SerializeToString() for name in ("a", "b"))
    inner = TracesData.FromString(one).resource_spans[0]
    schema = b"\x1a\x01s"
    body = schema + inner.SerializeToString()
    stored = b"\x0a" + bytes([len(body)]) + body
    with pytest.raises(ValueError, match="comes after"):
        streamed(stored + other, 5, 0)

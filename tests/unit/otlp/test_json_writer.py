import json
import math

import pytest
from hypothesis import given
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from app.otlp.json_reader import from_json
from app.otlp.json_text import read_json
from app.otlp.json_writer import case_trace, json_bytes, to_json
from tests.unit.otlp.payloads import SPAN_ID, TRACE_ID, any_value, nested, payloads, span, traces


@given(payloads)
def test_what_is_written_reads_back_as_the_same_message(payload: TracesData) -> None:
    """Bytes, text and every number included."""
    stored = payload.SerializeToString()
    read = from_json(TracesData(), read_json(case_trace(stored)))
    assert read.SerializeToString() == stored


def test_ids_are_lower_case_hex_and_enums_numbers() -> None:
    """Never base64, never names."""
    written = to_json(
        Span(
            trace_id=TRACE_ID,
            span_id=SPAN_ID,
            parent_span_id=SPAN_ID,
            kind=Span.SPAN_KIND_CLIENT,
            links=[Span.Link(trace_id=TRACE_ID)],
        )
    )
    assert written == {
        "traceId": "0af7651916cd43dd8448eb211c80319c",
        "spanId": "b7ad6b7169203331",
        "parentSpanId": "b7ad6b7169203331",
        "kind": 3,
        "links": [{"traceId": "0af7651916cd43dd8448eb211c80319c"}],
    }


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("", {"stringValue": ""}),
        (False, {"boolValue": False}),
        (0, {"intValue": "0"}),
        (-(2**63), {"intValue": "-9223372036854775808"}),
        (0.0, {"doubleValue": 0.0}),
        (math.nan, {"doubleValue": "NaN"}),
        (math.inf, {"doubleValue": "Infinity"}),
        (-math.inf, {"doubleValue": "-Infinity"}),
        (b"", {"bytesValue": ""}),
        (b"\xff\xfe\0A\xc7(", {"bytesValue": "//4AQcco"}),
        ([], {"arrayValue": {}}),
        ({"k": 1}, {"kvlistValue": {"values": [{"key": "k", "value": {"intValue": "1"}}]}}),
        (None, {}),
    ],
)
def test_a_value_that_is_set_is_written_even_where_it_is_empty(
    value: object, written: object
) -> None:
    """64-bit integers are strings, and so are the numbers that JSON has no literal for."""
    assert to_json(any_value(value)) == written


def test_64_bit_times_are_strings_and_32_bit_counts_numbers() -> None:
    """As proto3's JSON has it."""
    written = to_json(Span(start_time_unix_nano=1776927363150714000, dropped_events_count=2))
    assert written == {"startTimeUnixNano": "1776927363150714000", "droppedEventsCount": 2}


def test_a_case_trace_is_compact_utf_8_with_every_character_as_itself() -> None:
    """NUL is the one that JSON has to escape."""
    written = case_trace(traces(span({"k": "é\U0001f600\0"})).SerializeToString())
    assert '"é\U0001f600\\u0000"'.encode() in written
    assert b": " not in written


def test_the_deepest_payload_is_written() -> None:
    """No payload that was taken exhausts the stack on its way out."""
    assert json.loads(json_bytes(nested(47)))


def test_fields_unknown_to_otlp_are_not_written() -> None:
    """They have no name in JSON."""
    unknown = AnyValue.FromString(b"\xfa\x01\x03abc")
    assert to_json(unknown) == {}

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.otlp.hops import SESSION_ID
from app.otlp.quick_upload import OneSpan, one_span
from app.otlp.spans import observed_spans
from app.otlp.traces import SPAN_TYPE
from tests.unit.otlp.payloads import SPAN_ID, TRACE_ID, plain_values, span, traces

PLAIN = {SPAN_TYPE: "extract", SESSION_ID: "sess_1"}
# Field 99 of the outermost message, which OTLP does not know.
UNKNOWN = b"\x98\x06\x01"


@given(
    more=st.dictionaries(st.text(max_size=8), plain_values, max_size=4),
    resource=st.dictionaries(st.text(max_size=8), plain_values, max_size=2),
)
def test_the_body_is_what_would_be_kept_of_its_span(
    more: dict[str, object], resource: dict[str, object]
) -> None:
    """To the byte, as it is written in the usual way."""
    body = traces(span(more | PLAIN), resource=resource).SerializeToString()
    assert one_span(body) == OneSpan("sess_1", TRACE_ID + SPAN_ID)
    [observed] = observed_spans(TracesData.FromString(body))
    assert observed.identity == TRACE_ID + SPAN_ID
    assert observed.payload() == body


@pytest.mark.parametrize(
    "payload",
    [
        traces(),
        traces(span(PLAIN), span(PLAIN, span_id=b"8 octets")),
        traces(span({SESSION_ID: "sess_1"})),
        traces(span({SPAN_TYPE: "inject", SESSION_ID: "sess_1"})),
        traces(span({SPAN_TYPE: "extract"}), resource={SESSION_ID: "sess_1"}),
        traces(span(PLAIN, trace_id=bytes(16))),
        traces(span(PLAIN, span_id=bytes(8))),
        traces(span(PLAIN, trace_id=b"short")),
        TracesData(resource_spans=[*traces(span(PLAIN)).resource_spans] * 2),
    ],
)
def test_what_is_not_one_span_to_be_kept_is_for_the_thorough_way(payload: TracesData) -> None:
    """Which says what becomes of it."""
    assert one_span(payload.SerializeToString()) is None


def test_a_field_that_otlp_does_not_know_is_for_the_thorough_way() -> None:
    """It leaves it out; so is what is no OTLP."""
    empty: dict[str, object] = {"": None}
    body = traces(span(PLAIN | empty)).SerializeToString()
    assert one_span(body)
    assert one_span(body + UNKNOWN) is None
    assert one_span(body[:-1]) is None


@pytest.mark.parametrize("size", range(1, 9))
def test_a_field_that_is_unknown_is_seen_beside_an_attribute_without_a_value(size: int) -> None:
    """Which takes more bytes in a view, as if they made up for the field."""
    unusual = span(PLAIN)
    unusual.attributes.add(key="k")
    body = traces(unusual).SerializeToString()
    assert one_span(body)
    assert one_span(body + b"\xfa\x07%c" % size + b"x" * size) is None
    assert one_span(body + b"\x78" + b"\x81" * (size - 1) + b"\x01") is None


def test_of_a_repeated_key_the_last_counts() -> None:
    """As it does to the thorough way."""
    twice = span(PLAIN)
    twice.attributes.extend(span({SPAN_TYPE: "inject"}).attributes)
    assert one_span(traces(twice).SerializeToString()) is None
    twice.attributes.extend(span({SPAN_TYPE: "extract", SESSION_ID: "sess_2"}).attributes)
    body = traces(twice).SerializeToString()
    [observed] = observed_spans(TracesData.FromString(body))
    assert one_span(body) == OneSpan(observed.session_id, observed.identity)
    assert observed.payload() == body

import json
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from app.errors import ApiError
from app.otlp.json_writer import json_bytes
from app.otlp.media import Media
from app.otlp.traces import inject_hop, read_traces
from tests.unit.otlp.payloads import (
    SPAN_ID,
    TRACE_ID,
    nested,
    only_span,
    payloads,
    span,
    span_json,
    traces,
    value_json,
)

INJECT = {"sp.span.type": "inject", "sp.session.id": "s", "url.path": "/x"}
IDS = {"traceId": TRACE_ID.hex(), "spanId": SPAN_ID.hex()}


def _refused(body: bytes, media: Media) -> ApiError:
    with pytest.raises(ApiError) as caught:
        read_traces(body, media)
    assert caught.value.name == "invalid_body"
    return caught.value


def _read_or_refused(body: bytes, media: Media) -> None:
    """Read a body of any kind and ask it; nothing but an ApiError may come out."""
    with suppress(ApiError):
        payload = read_traces(body, media)
        TracesData.FromString(payload.SerializeToString())
        inject_hop(payload)


@given(payloads)
def test_a_payload_reads_the_same_in_both_media(payload: TracesData) -> None:
    """Protobuf and JSON are two spellings of one thing."""
    stored = payload.SerializeToString()
    assert read_traces(stored, Media.PROTOBUF).SerializeToString() == stored
    assert read_traces(json_bytes(payload), Media.JSON).SerializeToString() == stored


def test_an_empty_request_is_an_empty_payload() -> None:
    """Nothing at all in protobuf, an empty object in JSON."""
    assert read_traces(b"", Media.PROTOBUF) == read_traces(b"{}", Media.JSON) == TracesData()


@pytest.mark.parametrize("body", [b"\xff", b"{}", b'{"resourceSpans":[]}', b"\x0a\x05abc"])
def test_what_is_not_protobuf_is_refused(body: bytes) -> None:
    """JSON under protobuf's name, which is named, and a message that is cut off."""
    message = _refused(body, Media.PROTOBUF).message
    assert message.startswith("the body is not an OTLP protobuf message")
    assert ("application/json" in message) is body.startswith(b"{")


def test_text_in_protobuf_that_is_not_utf_8_is_refused() -> None:
    """A string field promises text."""
    body = traces(span({"k": "marker"})).SerializeToString().replace(b"marker", b"mark\xff\xff")
    _refused(body, Media.PROTOBUF)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"resourceSpans":{}}',
        b'{"resourceSpans":[1]}',
        span_json({"attributes": {"a": 1}}),
        value_json({"intValue": "x"}),
        value_json({"intValue": "9223372036854775808"}),
        value_json({"doubleValue": True}),
        value_json({"stringValue": "x"}).replace(b'"x"', b"NaN"),
        value_json("x"),
        span_json({"kind": "SPAN_KIND_NONE_SUCH"}),
        span_json({"startTimeUnixNano": -1}),
    ],
)
def test_json_that_is_not_otlp_is_refused(body: bytes) -> None:
    """Wrong types at any place of the payload."""
    _refused(body, Media.JSON)


@pytest.mark.parametrize(
    "body",
    [
        value_json({"stringValue": "\ud83d"}),
        span_json({"attributes": [{"key": "\ud83d", "value": {}}]}),
        span_json({"name": "\ude00"}),
        span_json({"unknown": {"\ud83d": 1}}),
    ],
)
def test_half_an_emoji_in_an_attribute_is_refused(body: bytes) -> None:
    """No UTF-8 can hold it, so neither protobuf nor a file could."""
    _refused(body, Media.JSON)


def test_half_an_emoji_escaped_inside_a_recorded_body_is_kept() -> None:
    """There it is plain ASCII text."""
    body = r'{"t":"\ud83d"}'
    kept = only_span(read_traces(value_json({"stringValue": body}), Media.JSON))
    assert kept.attributes[0].value.string_value == body


def test_nesting_that_protobuf_could_not_read_back_is_refused_in_both_media() -> None:
    """The deepest that passes, passes both."""
    for payload in (nested(47), nested(48)):
        for media, body in (
            (Media.PROTOBUF, payload.SerializeToString()),
            (Media.JSON, json_bytes(payload)),
        ):
            if payload == nested(47):
                assert read_traces(body, media) == payload
            else:
                _refused(body, media)


def test_unknown_fields_are_ignored_in_both_media() -> None:
    """A newer OTLP than ours is still OTLP."""
    assert read_traces(b"\xfa\x01\x03abc", Media.PROTOBUF).resource_spans == []
    assert only_span(read_traces(span_json({"name": "n", "newer": [1]}), Media.JSON)).name == "n"


@pytest.mark.parametrize("bad", ["", "0af7", "zz", "CvdlGRbNQ92ESOshHIAxnA==", 5, None, {}])
def test_a_misshapen_id_on_the_wire_leaves_the_payload_and_never_passes_for_an_id(
    bad: object,
) -> None:
    """Ids on the wire are hex; the parent's does not matter."""
    body = span_json({"name": "n", "traceId": bad, "spanId": bad, "parentSpanId": bad})
    read = only_span(read_traces(body, Media.JSON))
    assert read.name == "n"
    assert len(read.trace_id) != 16
    assert len(read.span_id) != 8


@pytest.mark.parametrize(
    "ids",
    [
        IDS,
        {name: value.upper() for name, value in IDS.items()},
        {"traceId": "CvdlGRbNQ92ESOshHIAxnA==", "spanId": "t61rcWkgMzE="},
    ],
)
@pytest.mark.parametrize("kind", [3, "SPAN_KIND_CLIENT"])
@pytest.mark.parametrize("status", [{"intValue": "200"}, {"intValue": 200}])
def test_files_of_other_tools_read_alike_whatever_their_spelling(
    ids: Mapping[str, object], kind: object, status: object
) -> None:
    """Ids in base64 or hex, enums as names or numbers, integers as strings or numbers."""
    attributes = [{"key": "http.response.status_code", "value": status}]
    body = span_json({**ids, "kind": kind, "attributes": attributes})
    read = only_span(read_traces(body, Media.JSON, lenient_ids=True))
    expected = span({"http.response.status_code": 200})
    expected.kind = Span.SPAN_KIND_CLIENT
    assert read == expected


def test_a_question_is_the_hop_of_the_first_inject_span() -> None:
    """With the ids that the answer has to repeat; spans of other types are passed over."""
    payload = traces(
        span({"sp.span.type": "extract", "url.path": "/no"}),
        span({"url.path": "/no"}),
        span(INJECT),
        span({"sp.span.type": "inject", "url.path": "/no"}),
        resource={"service.name": "api"},
    )
    question = inject_hop(payload)
    assert (question.trace_id, question.span_id) == (TRACE_ID, SPAN_ID)
    assert (question.hop.session_id, question.hop.target) == ("s", "/x")
    assert question.hop.service == "api"
    assert question.hop.tags == INJECT


@pytest.mark.parametrize("payload", [TracesData(), traces(span({"sp.span.type": "extract"}))])
def test_a_payload_without_an_inject_span_asks_nothing(payload: TracesData) -> None:
    """That is an error of the caller."""
    with pytest.raises(ApiError) as caught:
        inject_hop(payload)
    assert caught.value.name == "invalid_body"


@given(st.binary(max_size=200), st.sampled_from(Media))
def test_any_bytes_give_a_payload_or_the_error(body: bytes, media: Media) -> None:
    """Nothing else ever comes out."""
    _read_or_refused(body, media)


@given(st.data(), st.sampled_from(Media))
def test_a_damaged_payload_gives_a_payload_or_the_error(data: st.DataObject, media: Media) -> None:
    """Bytes changed, cut out and put in at any place."""
    payload = traces(span(INJECT | {"k": [1, {"x": b"y"}]}), resource={"service.name": "api"})
    body = payload.SerializeToString() if media is Media.PROTOBUF else json_bytes(payload)
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 4)))
    _read_or_refused(body[:start] + data.draw(st.binary(max_size=4)) + body[end:], media)


_NAMES = [
    *("resourceSpans", "scopeSpans", "spans", "attributes", "key", "value", "traceId", "kind"),
    *("stringValue", "intValue", "arrayValue", "kvlistValue", "values"),
]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_NAMES),
            inner,
            max_size=3,
        )
    ),
)


@given(_JSON)
def test_json_with_otlps_names_in_any_places_gives_a_payload_or_the_error(value: object) -> None:
    """Names that fit with values that do not."""
    _read_or_refused(json.dumps({"resourceSpans": [value]}).encode(), Media.JSON)

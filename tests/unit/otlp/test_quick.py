from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.hop.first_line import FirstLine
from app.otlp.hops import SESSION_ID
from app.otlp.media import Media
from app.otlp.quick import QuickQuestion, quick_question
from app.otlp.traces import SPAN_TYPE, inject_hop, read_traces
from app.otlp.wire import encode
from tests.unit.otlp.payloads import SPAN_ID, TRACE_ID, plain_values, span, traces

PLAIN = {
    SPAN_TYPE: "inject",
    SESSION_ID: "sess_1",
    "http.request.method": "GET",
    "url.host": "api.example.com",
    "url.path": "/v1?a=b",
}
WAY = {"sp.traffic.direction": "outbound", "sp.service.name": "checkout"}

_attributes = st.dictionaries(
    st.sampled_from(
        [
            *PLAIN,
            *WAY,
            "url.full",
            "http.target",
            "http.request.header.:path",
            "http.request.headers.:path",
            "http.request.header.Host",
            "http.request.header.host",
            "http.request.body",
            "x",
        ]
    ),
    st.sampled_from([*PLAIN.values(), "", "http://other.example/full"]) | plain_values,
)


def _payload(attributes: Mapping[str, object], resource: Mapping[str, object]) -> TracesData:
    return traces(span(attributes), resource=resource)


def _question(attributes: Mapping[str, object], media: Media = Media.PROTOBUF) -> QuickQuestion:
    question = quick_question(encode(_payload(attributes, {}), media), media)
    assert question
    return question


@given(attributes=_attributes, resource=_attributes, media=st.sampled_from(Media))
def test_what_is_plain_says_what_the_thorough_way_reads(
    attributes: dict[str, object], resource: dict[str, object], media: Media
) -> None:
    """The session, the ids, every part of the hop, and of these those of its first line."""
    payload = encode(_payload(PLAIN | attributes | {SPAN_TYPE: "inject"}, resource), media)
    quick = quick_question(payload, media)
    if quick is None:
        return
    thorough = inject_hop(read_traces(payload, media))
    assert quick.ids == thorough[1:]
    hop, expected = quick.hop(), thorough.hop
    assert quick.session_id == expected.session_id
    parts = "direction", "service", "method", "authority", "scheme", "target", "query_string"
    for part in (*parts, "body"):
        assert getattr(hop, part) == getattr(expected, part), part
    assert dict(hop.headers) == dict(expected.headers)
    # As text, for a NaN is not itself.
    assert repr(sorted(hop.tags.items())) == repr(sorted(expected.tags.items()))
    way = quick.way()
    assert (way is None) == (quick.line is None)
    if way:
        assert way[:3] == quick.line
        assert expected.scheme == ""
        for part, told in way._asdict().items():
            assert told in (getattr(expected, part), None), part


@pytest.mark.parametrize("media", Media)
def test_a_first_line_is_told_outright(media: Media) -> None:
    """With direction and service where they are asked for."""
    question = _question(PLAIN, media)
    assert question.line == ("GET", "api.example.com", "/v1?a=b")
    assert question.way() == FirstLine(*question.line, "")
    assert _question(PLAIN | WAY, media).way() == FirstLine(*question.line, "outbound", "checkout")


@pytest.mark.parametrize("media", Media)
@pytest.mark.parametrize(
    "more",
    [
        {"url.path": ""},
        {"url.host": 5},
        {"http.request.method": b"GET"},
        {"url.full": "https://x/y"},
        {"http.target": "/t"},
        {"http.request.header.:path": "/p"},
    ],
)
def test_a_line_that_other_attributes_may_tell_is_none(
    media: Media, more: dict[str, object]
) -> None:
    """The whole hop tells then."""
    question = quick_question(encode(_payload(PLAIN | more, {}), media), media)
    assert question is None or question.line is None


def test_the_ids_are_those_of_the_span() -> None:
    """For the answer to repeat."""
    for media in Media:
        question = _question(PLAIN, media)
        assert question.ids == (TRACE_ID, SPAN_ID)


@pytest.mark.parametrize(
    "value",
    [
        '{"stringValue": "x", "boolValue": true}',
        '{"stringValue": 5}',
        '{"stringValue": "x"}, "more": 1',
        '{"arrayValue": {"values": [{"arrayValue": {"values": []}}]}}',
        '"x"',
        "null",
        "[]",
        "{}",
    ],
)
def test_json_that_is_not_plain_is_for_the_thorough_way(value: str) -> None:
    """Be it right or wrong."""
    marked = '{"key": "sp.span.type", "value": {"stringValue": "inject"}}'
    attributes = f'[{marked}, {{"key": "k", "value": {value}}}]'
    body = (
        f'{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{{"attributes": {attributes}}}]}}]}}]}}'
    )
    assert quick_question(body.encode(), Media.JSON) is None


@pytest.mark.parametrize("attributes", ['""', "0", "null", "{}", "[[]]", '["a"]'])
def test_attributes_that_are_no_list_of_pairs_are_for_the_thorough_way(attributes: str) -> None:
    """Those of the resource too."""
    marked = '[{"key": "sp.span.type", "value": {"stringValue": "inject"}}]'
    body = (
        f'{{"resourceSpans": [{{"resource": {{"attributes": {attributes}}}, '
        f'"scopeSpans": [{{"spans": [{{"attributes": {marked}}}]}}]}}]}}'
    )
    assert quick_question(body.encode(), Media.JSON) is None

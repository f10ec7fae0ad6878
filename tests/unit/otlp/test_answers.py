import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from app.hop.answer import Answer
from app.hop.model import Hop
from app.otlp.answers import encode_hit, export_response
from app.otlp.attributes import attributes
from app.otlp.media import Media
from app.otlp.octets import from_base64
from app.otlp.traces import InjectQuestion, read_traces
from tests.unit.otlp.payloads import SPAN_ID, TRACE_ID, only_span

QUESTION = InjectQuestion(Hop(), TRACE_ID, SPAN_ID)
COOKIES = ("a=1; Path=/", "b=2; Expires=Wed, 09 Jun 2027 10:18:14 GMT; Path=/")


def _said(answer: Answer, media: Media) -> dict[str, object]:
    read = only_span(read_traces(encode_hit(answer, QUESTION, media), media))
    assert (read.trace_id, read.span_id) == (TRACE_ID, SPAN_ID)
    return attributes(read.attributes)


@pytest.mark.parametrize("media", list(Media))
def test_a_hit_says_the_whole_response_under_the_questions_ids(media: Media) -> None:
    """Status, headers, body and delay."""
    answer = Answer(201, (("content-type", ("text/plain",)),), b"hello", 250)
    assert _said(answer, media) == {
        "http.response.status_code": 201,
        "http.response.header.content-type": "text/plain",
        "http.response.body": "hello",
        "sp.response.delay_ms": 250,
    }


@pytest.mark.parametrize("media", list(Media))
def test_two_set_cookie_headers_are_an_array_of_two_strings(media: Media) -> None:
    """Never joined, never split at the date's comma; one cookie is a plain string."""
    pair = _said(Answer(200, (("set-cookie", COOKIES),)), media)
    assert pair["http.response.header.set-cookie"] == list(COOKIES)
    one = _said(Answer(200, (("set-cookie", COOKIES[1:]),)), media)
    assert one["http.response.header.set-cookie"] == COOKIES[1]


@pytest.mark.parametrize("media", list(Media))
def test_what_there_is_none_of_is_not_said(media: Media) -> None:
    """Neither an empty body nor a delay of nothing."""
    assert _said(Answer(204), media) == {"http.response.status_code": 204}


@given(st.binary(min_size=1), st.sampled_from(Media))
def test_every_body_reaches_the_caller_byte_for_byte(body: bytes, media: Media) -> None:
    """As text where it is UTF-8, else as base64 that is marked as such."""
    said = _said(Answer(200, (), body), media)
    written = said["http.response.body"]
    assert isinstance(written, str)
    if "http.response.body.encoding" in said:
        assert said["http.response.body.encoding"] == "base64"
        assert from_base64(written) == body
    else:
        assert written.encode() == body


@given(st.text(min_size=1), st.sampled_from(Media))
def test_text_is_said_as_itself(text: str, media: Media) -> None:
    """NUL and every other character of Unicode included, in headers too."""
    said = _said(Answer(200, (("x-text", (text,)),), text.encode()), media)
    assert said["http.response.body"] == said["http.response.header.x-text"] == text


def test_a_json_answer_shows_ids_in_hex_and_the_status_as_a_string() -> None:
    """On the wire OTLP's rules for JSON hold."""
    written = encode_hit(Answer(200), QUESTION, Media.JSON)
    span = json.loads(written)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    assert span == {
        "traceId": "0af7651916cd43dd8448eb211c80319c",
        "spanId": "b7ad6b7169203331",
        "attributes": [{"key": "http.response.status_code", "value": {"intValue": "200"}}],
    }


def test_an_upload_that_was_kept_whole_has_no_partial_success() -> None:
    """The answer is empty in both media."""
    assert export_response(0, "", Media.PROTOBUF) == b""
    assert export_response(0, "", Media.JSON) == b"{}"


def test_refused_spans_are_counted_and_explained() -> None:
    """In JSON the count is a string, as every 64-bit integer is."""
    message = "2 spans are not marked `extract`."
    read = ExportTraceServiceResponse.FromString(export_response(2, message, Media.PROTOBUF))
    assert read.partial_success.rejected_spans == 2
    assert read.partial_success.error_message == message
    assert json.loads(export_response(2, message, Media.JSON)) == {
        "partialSuccess": {"rejectedSpans": "2", "errorMessage": message}
    }

"""The payloads in Lua: what is written parses, and no misshapen answer is taken for a hit."""

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.otlp.media import Media
from app.otlp.spans import observed_spans
from app.otlp.traces import read_traces
from tests.envoy.lua import Lua, untimed
from tests.envoy.runtime_double import plain_attributes, traces

LUA = Lua()
OTLP = LUA.module("otlp")
HOP = {
    b"trace_id": b"0af7651916cd43dd8448eb211c80319c",
    b"span_id": b"b7ad6b7169203331",
    b"direction": b"outbound",
    b"service": b'caf\xc3\xa9 "checkout"',
    b"method": b"GET",
    b"start": b"1700000000000000000",
}


def attributes_of(*written: bytes) -> dict[str, object]:
    """Attributes that were written as JSON texts, as plain values."""
    return plain_attributes([json.loads(text) for text in written])


@untimed
@given(st.binary(max_size=200))
def test_a_body_is_text_where_it_is_utf8_and_else_base64(body: bytes) -> None:
    """Both forms read back as the bytes; an empty body leaves no attribute."""
    written = LUA.table([])
    OTLP.add_body(written, b"http.request.body", body)
    found = attributes_of(*written.values())
    expected: dict[str, object] = {}
    try:
        expected = {"http.request.body": body.decode()} if body else {}
    except UnicodeDecodeError:
        expected = {"http.request.body": b64encode(body).decode()}
        expected["http.request.body.encoding"] = "base64"
    assert found == expected


def test_pseudo_headers_are_left_out() -> None:
    """The attributes of the hop say what they say."""
    written = LUA.table([])
    OTLP.add_headers(written, b"http.request.header.", LUA.table({b":path": b"/", b"x-a": b"1"}))
    assert attributes_of(*written.values()) == {"http.request.header.x-a": "1"}


def test_a_payload_is_one_span_that_the_runtime_reads() -> None:
    """Ids, kind, times, resource and attributes arrive in the runtime's own reader."""
    hop = LUA.table({**HOP, b"attributes": OTLP.text(b"sp.session.id", b"sess_\xf0\x9f\x98\x80")})
    more = LUA.table([OTLP.integer(b"http.response.status_code", 200), OTLP.truncated])
    payload = OTLP.payload(hop, b"extract", more, b"1700000000000001000")
    (span,) = observed_spans(read_traces(payload, Media.JSON))
    assert span.marked
    assert span.well_formed
    assert span.session_id == "sess_\U0001f600"
    raw = json.loads(payload)["resourceSpans"][0]
    assert raw["resource"]["attributes"][0]["value"]["stringValue"] == 'caf\u00e9 "checkout"'
    written = raw["scopeSpans"][0]["spans"][0]
    assert (written["kind"], written["name"]) == (3, "GET")
    assert written["startTimeUnixNano"] == "1700000000000000000"
    assert written["endTimeUnixNano"] == "1700000000000001000"


def test_an_answer_is_read_with_all_that_it_says() -> None:
    """Status, headers, a binary body and the delay."""
    answer = OTLP.read_answer(
        traces(
            {
                "http.response.status_code": 201,
                "http.response.header.set-cookie": ["a=1", "b=2"],
                "http.response.header.x-a": "1",
                "http.response.header.:status": "201",
                "http.response.body": "//4AQcco",
                "http.response.body.encoding": "base64",
                "sp.response.delay_ms": 30,
                "unrelated": "x",
            }
        )
    )
    assert (answer.status, answer.delay_ms, answer.body) == (201, 30, b"\xff\xfe\x00A\xc7(")
    assert sorted(answer.headers.keys()) == [b"set-cookie", b"x-a"]
    assert list(answer.headers[b"set-cookie"].values()) == [b"a=1", b"b=2"]


def answered(**attributes: Any) -> bytes:
    """An answer with these attributes beside a status."""
    named = {f"http.response.{key.replace('__', '.')}": value for key, value in attributes.items()}
    return traces({"http.response.status_code": 200, **named})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", b"no JSON"),
        (b"<html>", b"no JSON"),
        (b"{}", b"no span"),
        (b"[]", b"no span"),
        (b"null", b"no span"),
        (b'{"resourceSpans":[]}', b"no span"),
        (traces({}), b"no status"),
        (traces({"http.response.status_code": 199}), b"no status"),
        (traces({"http.response.status_code": 600}), b"no status"),
        (traces({"http.response.status_code": "two"}), b"no status"),
        (answered(body="***", body__encoding="base64"), b"not base64"),
        (answered(header__x="a\r\nset-cookie: b"), b"HTTP cannot carry"),
        (answered(**{"header__x y": "1"}), b"HTTP cannot carry"),
        (answered(header__x=["a", "\x00"]), b"HTTP cannot carry"),
    ],
)
def test_what_is_no_answer_is_nil_with_a_reason(text: bytes, reason: bytes) -> None:
    """A proxy or an error page in the runtime's place is not mistaken for a hit."""
    answer, why = OTLP.read_answer(text)
    assert answer is None
    assert reason in why

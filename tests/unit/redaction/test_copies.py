import base64
import json
from urllib.parse import quote

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from app.hop.redaction import REDACTED, Redaction
from app.otlp.attributes import attributes
from app.redaction.redactor import Redactor
from tests.unit.otlp import payloads

SECRET = 'hunter2 "SECRET" é'
MARK = "%5Bredacted%5D"
RULE = Redaction(("authorization", "x-api-key"), ("$.token",))


def _redacted(plain: dict[str, object], redaction: Redaction = RULE) -> dict[str, object]:
    traces = payloads.traces(payloads.span(plain))
    Redactor(redaction).redact(traces)
    return attributes(payloads.only_span(traces).attributes)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("http.request.headers", json.dumps({"Authorization": "hush-1"})),
        ("http.request.headers", "Authorization: hush-1"),
        ("http.request.headers", ["Authorization: hush-1"]),
        ("http.request.headers", [{"Authorization": "hush-1"}]),
        ("http.request.headers", {"name": "Authorization", "value": "hush-1"}),
        ("http.request.headers", {"all": {"Authorization": "hush-1"}}),
        ("http.request.header", [["authorization", "hush-1"]]),
        ("http.request.headers_raw", "Authorization: hush-1"),
        ("http.request.header.authorization.0", "hush-1"),
        ("http.request.header. authorization ", "hush-1"),
        ("http.response.header.x", {"authorization": "hush-1"}),
        ("http.request.body.text", '{"token":"hush-1"}'),
        ("http.request.body.content", '{"token":"hush-1"}'),
        ("url.query", "?token=hush-1"),
        ("url.query", "next=%2Flogin%3Ftoken%3Dhush-1"),
        ("url.host", "u:hush-1@h"),
        ("server.address", "u:hush-1@h"),
        ("http.request.header.host", "u:hush-1@h"),
        ("http.request.header.:authority", "u:hush-1@h"),
        ("http.request.header.referer", "https://h/x?token=hush-1"),
        ("http.response.header.location", ["https://h/x?token=hush-1"]),
        ("http.request.header.x-envoy-original-path", "/x?token=hush-1"),
        ("http.route", "/x?token=hush-1"),
        ("exception.message", "GET https://h/x?token=hush-1 failed"),
        ("exception.message", "sent X-Api-Key: hush-1"),
        ("note", 'sent "token": "hush-1"'),
        ("note", {"token": "hush-1"}),
        ("http.request.body", ['{"token":"hush-1"}']),
    ],
)
def test_what_is_named_goes_in_whatever_shape_it_is_recorded(key: str, value: object) -> None:
    """Also in shapes that nobody reads."""
    assert "hush-1" not in json.dumps(_redacted({key: value}))


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        json.dumps(SECRET)[1:-1],
        base64.b64encode(b"ab" + SECRET.encode() + b"c").decode(),
        quote(SECRET).replace("e", "%65"),
    ],
)
def test_a_copy_of_what_went_goes_too(form: str) -> None:
    """In every form in which text carries it; what is around it stays where it can."""
    plain: dict[str, object] = {"http.request.header.x-api-key": SECRET, "a": f"<{form}>"}
    found = str(_redacted(plain)["a"])
    assert form not in found
    assert REDACTED in found


def test_copies_go_from_texts_that_are_no_attributes() -> None:
    """And from numbers, names and bodies."""
    span = Span(
        name="GET 47114711",
        trace_state="a=47114711",
        status=Status(message="no 47114711"),
        events=[Span.Event(name="sent 47114711")],
        links=[Span.Link(trace_state="a=47114711")],
        attributes=payloads.pairs(
            {
                "http.request.body": '{"token":47114711}',
                "http.response.body": '{"echo":"of 47114711","kept":1.0}',
                "n": 47114711,
                "m": {"47114711": "x"},
            }
        ),
    )
    traces = payloads.traces(span)
    traces.resource_spans[0].scope_spans[0].scope.name = "47114711"
    Redactor(RULE).redact(traces)
    assert b"47114711" not in traces.SerializeToString()
    found = attributes(payloads.only_span(traces).attributes)
    assert found["http.response.body"] == '{"echo":"[redacted]","kept":1.0}'
    assert found["n"] == REDACTED


def test_short_and_common_words_are_no_secrets() -> None:
    """They stand elsewhere by right."""
    plain: dict[str, object] = {"http.request.body": '{"token":["GET","true"]}', "a": "GET true"}
    assert _redacted(plain)["a"] == "GET true"


def test_a_short_secret_is_looked_for_as_a_word() -> None:
    """Within a longer one it stands by chance."""
    plain: dict[str, object] = {"http.request.body": '{"token":4711}', "a": "4711 14711 <4711>"}
    assert _redacted(plain)["a"] == "[redacted] 14711 <[redacted]>"


def test_what_a_request_is_matched_by_stays() -> None:
    """Though a rule names it, and though it repeats a secret."""
    plain: dict[str, object] = {
        "http.request.method": "POST",
        "http.request.header.:method": "POST",
        "http.request.header.:path": "/hush-4711",
        "http.request.header.:authority": "hush-4711.example.com",
        "http.request.header.content-encoding": "gzip",
        "url.path": "/hush-4711",
        "sp.service.name": "hush-4711",
    }
    rule = Redaction((":method", ":path", ":authority", "content-encoding", "x"))
    assert _redacted({**plain, "http.request.header.x": "hush-4711"}, rule) == {
        **plain,
        "http.request.header.x": REDACTED,
    }


def test_a_body_that_lost_its_coding_says_so() -> None:
    """What is handed out can be read."""
    plain: dict[str, object] = {
        "http.response.header.Content-Encoding": ["br"],
        "http.response.body": b"\x8b\x02\x80",
        "http.request.header.content-encoding": "zstd",
    }
    assert _redacted(plain) == {
        "http.response.header.Content-Encoding": "identity",
        "http.response.body": REDACTED.encode(),
        "http.request.header.content-encoding": "zstd",
    }


def test_many_secrets_are_looked_for_as_whole_words() -> None:
    """The work stays bounded."""
    tokens = [f"hush-{number}" for number in range(3000)]
    found = _redacted({"http.request.body": json.dumps({"token": tokens}), "a": "x hush-2999, y"})
    assert found["a"] == "x [redacted], y"

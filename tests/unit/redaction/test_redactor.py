import base64
import gzip
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status, TracesData

from app.hop.redaction import REDACTED, Redaction
from app.otlp.attributes import attributes
from app.redaction.redactor import Redactor
from tests.unit.otlp import payloads

SECRET = "hush-4711"
MARK = "%5Bredacted%5D"
RULE = Redaction(("authorization", "x-api-key"), ("$.token", "$..pin"))


def _redacted(
    plain: Mapping[str, object],
    redaction: Redaction = RULE,
    resource: Mapping[str, object] | None = None,
) -> dict[str, object]:
    traces = payloads.traces(payloads.span(plain), resource=resource)
    Redactor(redaction).redact(traces)
    return attributes(payloads.only_span(traces).attributes)


@pytest.mark.parametrize(
    "key",
    [
        "http.request.header.authorization",
        "http.request.headers.authorization",
        "http.response.header.authorization",
        "http.response.headers.authorization",
        "http.request.header.Authorization",
        "HTTP.Request.Header.AUTHORIZATION",
        "http.request.header.x-api-key",
        "http.request.header.x_api_key",
    ],
)
@pytest.mark.parametrize(
    ("value", "redacted"),
    [
        (SECRET, REDACTED),
        ([SECRET, SECRET], [REDACTED, REDACTED]),
        ([], []),
        (4711, REDACTED),
        (b"hush", REDACTED),
        ({"a": SECRET}, REDACTED),
        ([[SECRET], 1], [REDACTED, REDACTED]),
        (None, None),
    ],
)
def test_a_named_header_loses_its_values_but_not_their_number(
    key: str, value: object, redacted: object
) -> None:
    """On both sides, in the singular and the plural, in any case."""
    assert _redacted({key: value}) == {key: redacted}


def test_all_other_headers_and_attributes_stay() -> None:
    """Also those whose names only look alike."""
    plain: dict[str, object] = {
        "http.request.header.accept": ["a", "b"],
        "http.request.header.x-authorization": "a",
        "http.request.header.:path": "/a?x=1",
        "http.response.header.set-cookie": "a=1",
        "http.request.method": "GET",
        "http.request.body.encoding": "base64",
        "url.full": "https://u:p@h/a?tokens=1#x",
        "user_agent.original": "x",
        "n": 1.5,
    }
    only_paths = Redaction((), ("$.token",))
    assert _redacted(plain, only_paths) == plain


def test_headers_in_one_attribute_are_redacted_by_name() -> None:
    """As some tools keep them."""
    headers = {"Authorization": [SECRET], "accept": "a"}
    assert _redacted({"http.request.headers": headers}) == {
        "http.request.headers": {"Authorization": [REDACTED], "accept": "a"}
    }


@pytest.mark.parametrize("key", ["url.full", "url.path", "http.target", "http.url", "url.original"])
def test_parameters_in_a_url_are_redacted(key: str) -> None:
    """Those that a simple path names, and those that are named like a header."""
    url = f"https://h/a?x=1&token={SECRET}&X-API-Key={SECRET}&pin=1"
    assert _redacted({key: url}) == {key: f"https://h/a?x=1&token={MARK}&X-API-Key={MARK}&pin=1"}


def test_parameters_in_a_query_string_and_in_the_pseudo_header_are_redacted() -> None:
    """However often the target was recorded."""
    plain: dict[str, object] = {
        "url.query": f"token={SECRET}&x=1",
        "http.request.header.:path": f"/a?token={SECRET}",
        "http.request.headers.:path": [f"/a?token={SECRET}"],
    }
    assert _redacted(plain) == {
        "url.query": f"token={MARK}&x=1",
        "http.request.header.:path": f"/a?token={MARK}",
        "http.request.headers.:path": [f"/a?token={MARK}"],
    }


def test_what_a_client_sends_as_authorization_is_taken_out_of_a_url() -> None:
    """If that header is to go."""
    assert _redacted({"url.full": f"https://me:{SECRET}@x@h/a"}) == {
        "url.full": f"https://{MARK}@h/a"
    }


def test_copies_of_a_header_in_other_attributes_go_with_it() -> None:
    """Where OpenTelemetry has an attribute for it."""
    plain = {"user_agent.original": SECRET, "client.address": SECRET, "http.user_agent": SECRET}
    assert _redacted(plain, Redaction(("user-agent", "x-forwarded-for"))) == dict.fromkeys(
        plain, REDACTED
    )


@pytest.mark.parametrize("side", ["request", "response"])
@pytest.mark.parametrize(
    ("value", "redacted"),
    [
        (f'{{"token":"{SECRET}","a":1.0}}', '{"token":"[redacted]","a":1.0}'),
        (f'{{"token":"{SECRET}","a":1.0}}'.encode(), b'{"token":"[redacted]","a":1.0}'),
        ({"token": SECRET, "a": 1}, '{"token": "[redacted]", "a": 1}'),
        ([{"pin": 4711}], '[{"pin": "[redacted]"}]'),
        (SECRET, REDACTED),
        (b"\xff", REDACTED.encode()),
        ('{"a":1.0}', '{"a":1.0}'),
        ({"a": 1}, {"a": 1}),
        ("", ""),
        (b"", b""),
        (None, None),
    ],
)
def test_a_body_is_redacted_in_whatever_form_it_is_recorded(
    side: str, value: object, redacted: object
) -> None:
    """Text, bytes or structured; what has nothing to hide stays."""
    assert _redacted({f"http.{side}.body": value}) == {f"http.{side}.body": redacted}


def test_a_body_in_base64_is_redacted_within() -> None:
    """And is base64 again; what only claims to be base64 is text."""
    body = base64.b64encode(b'\n{"pin":4711,"k":"\xc3\xa9"}').decode()
    plain = {"http.response.body": body, "http.response.body.encoding": "BASE64"}
    redacted = _redacted(plain)["http.response.body"]
    assert base64.b64decode(str(redacted)) == b'\n{"pin":"[redacted]","k":"\xc3\xa9"}'
    plain["http.response.body"] = '{"pin":1}'
    assert _redacted(plain)["http.response.body"] == '{"pin":"[redacted]"}'


def test_a_compressed_body_agrees_with_its_recorded_header_afterwards() -> None:
    """By the headers of its own side."""
    plain: dict[str, object] = {
        "http.request.header.content-encoding": "gzip",
        "http.request.body": gzip.compress(b'{"pin":4711}'),
        "http.response.headers.content-type": "application/x-www-form-urlencoded",
        "http.response.body": f"token={SECRET}&x=1",
    }
    redacted = _redacted(plain, Redaction((), ("$.token", "$.pin")))
    body = redacted["http.request.body"]
    assert isinstance(body, bytes)
    assert gzip.decompress(body) == b'{"pin":"[redacted]"}'
    assert redacted["http.response.body"] == f"token={MARK}&x=1"
    assert redacted["http.request.header.content-encoding"] == "gzip"


def test_a_recorded_length_stays_as_it_was_recorded() -> None:
    """Though it no longer fits: it is never handed out."""
    plain = {"http.response.header.content-length": "44", "http.response.body": "hush"}
    assert _redacted(plain)["http.response.header.content-length"] == "44"


def test_a_body_recorded_twice_keeps_no_secret_in_the_one_that_nobody_reads() -> None:
    """Of a repeated key the last one counts."""
    span = Span(
        attributes=payloads.pairs({"http.request.body": f'{{"x":"{SECRET}"}}'})
        + payloads.pairs({"http.request.body": '{"token":1}'})
    )
    traces = payloads.traces(span)
    Redactor(RULE).redact(traces)
    assert [pair.value.string_value for pair in payloads.only_span(traces).attributes] == [
        REDACTED,
        '{"token":"[redacted]"}',
    ]


def test_events_links_scope_resource_and_name_are_looked_at_too() -> None:
    """Wherever a tool has put a copy."""
    copies = payloads.pairs(
        {
            "http.request.header.authorization": SECRET,
            "http.request.body": f'{{"token":"{SECRET}"}}',
            "url.query": f"token={SECRET}",
        }
    )
    span = Span(
        name=f"GET /a?token={SECRET}",
        events=[Span.Event(attributes=copies)],
        links=[Span.Link(attributes=copies)],
        status=Status(message=f"no /a?token={SECRET}"),
    )
    traces = payloads.traces(span)
    traces.resource_spans[0].resource.attributes.extend(copies)
    traces.resource_spans[0].scope_spans[0].scope.attributes.extend(copies)
    Redactor(RULE).redact(traces)
    assert SECRET.encode() not in traces.SerializeToString()
    assert payloads.only_span(traces).name == f"GET /a?token={MARK}"


@given(payloads.payloads)
def test_no_span_is_too_strange(traces: TracesData) -> None:
    """Where nothing has to go it stays the same, byte for byte."""
    for resource_spans in traces.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                alone = payloads.traces(span)
                before = alone.SerializeToString()
                Redactor(RULE).redact(alone)
                assert alone.SerializeToString() == before


_forms = st.sampled_from(["text", "bytes", "base64", "gzip", "kvlist", "nested", "escaped"])


@given(
    _forms,
    st.sampled_from([SECRET, [SECRET], {"a": SECRET}, 47114711]),
    st.sampled_from(["request", "response"]),
)
def test_a_secret_is_in_no_byte_of_the_redacted_span(form: str, secret: object, side: str) -> None:
    """Neither as it is nor in base64 nor in escapes, whatever form the body came in."""
    document: dict[str, object] = {"id": 1.5, "token": secret}
    body = json.dumps(document)
    key, written = f"http.{side}.body", body.encode()
    variants: dict[str, dict[str, object]] = {
        "text": {key: body},
        "bytes": {key: written},
        "base64": {key: base64.b64encode(written).decode(), f"{key}.encoding": "base64"},
        "gzip": {key: gzip.compress(written), f"http.{side}.header.content-encoding": "gzip"},
        "kvlist": {key: document},
        "nested": {key: json.dumps({"in": body})},
        "escaped": {key: body.replace("token", "\\u0074oken").replace("hush", "\\u0068ush")},
    }
    redacted = _redacted(variants[form], Redaction((), ("$..token",)))
    found = redacted[key]
    octets = found if isinstance(found, bytes) else str(found).encode()
    if form == "base64":
        octets = base64.b64decode(octets)
    elif form == "gzip":
        octets = gzip.decompress(octets)
    for shape in (b"4711", base64.b64encode(SECRET.encode())[:8], b"\\u0068"):
        assert shape not in octets
    assert b"[redacted]" in octets
    assert b"1.5" in octets

"""What the runtime is asked about a hop."""

from pathlib import Path

import pytest

from tests.envoy.client import send
from tests.envoy.envoy_process import Envoy
from tests.envoy.runtime_double import RuntimeDouble, hit
from tests.envoy.upstream_double import UpstreamDouble


def test_a_hop_is_described_by_the_attributes_of_the_contract(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble
) -> None:
    """Session, direction, service, method, host with its port, path, query, headers and body."""
    session = "sess_described"
    headers = {
        "host": "api.shop.test:8443",
        "x-softprobe-session-id": session,
        "content-type": "application/json",
        "accept-encoding": "identity",
    }
    send(envoy.inbound, "/v1/pay%2Fment?b=2&a=1&b=2", "POST", headers, b'{"n":1}')
    call = runtime.calls(session)[0]
    assert call.attributes == {
        "sp.session.id": session,
        "sp.traffic.direction": "inbound",
        "sp.service.name": "checkout",
        "sp.span.type": "inject",
        "http.request.method": "POST",
        "url.host": "api.shop.test:8443",
        "url.path": "/v1/pay%2Fment",
        "url.query": "b=2&a=1&b=2",
        "http.request.header.x-softprobe-session-id": session,
        "http.request.header.content-type": "application/json",
        "http.request.header.accept-encoding": "identity",
        "http.request.header.content-length": "7",
        "http.request.body": '{"n":1}',
    }
    assert call.resource == {"service.name": "checkout"}
    assert call.headers["content-type"] == call.headers["accept"] == "application/json"
    assert "authorization" not in call.headers


def test_an_outbound_hop_is_asked_about_by_the_upstreams_name(
    envoy: Envoy, runtime: RuntimeDouble
) -> None:
    """A request in proxy form names its upstream in the URL; a hit needs no such upstream."""
    session = "sess_proxy_form"
    runtime.answers(session, hit(body="mocked"))
    target = "http://payments.nowhere.test:81/v1/charge?x=1"
    reply = send(envoy.outbound, target, headers={"x-softprobe-session-id": session})
    attributes = runtime.calls(session)[0].attributes
    assert reply.body == b"mocked"
    assert attributes["url.host"] == "payments.nowhere.test:81"
    assert (attributes["url.path"], attributes["url.query"]) == ("/v1/charge", "x=1")
    assert attributes["sp.traffic.direction"] == "outbound"


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe\x00A\xc7(",
        b"nul \x00 and \x1f",
        'quote " \\ \u2028 \U0001f600'.encode(),
        b"\xed\xa0\x80",
    ],
    ids=["bytes", "controls", "text", "surrogate"],
)
def test_a_request_body_arrives_as_the_bytes_that_were_sent(
    envoy: Envoy, runtime: RuntimeDouble, body: bytes
) -> None:
    """UTF-8 travels as text, anything else as base64, and both read back as the same bytes."""
    session = f"sess_body_{body.hex()}"
    send(envoy.inbound, "/body", "POST", {"x-softprobe-session-id": session}, body)
    call = runtime.calls(session)[0]
    assert call.body("request") == body
    is_text = body.decode("utf-8", "replace").encode() == body
    assert ("http.request.body.encoding" not in call.attributes) == is_text


@pytest.mark.parametrize("body", [None, b""], ids=["none", "empty"])
def test_no_body_and_an_empty_body_are_asked_about_alike(
    envoy: Envoy, runtime: RuntimeDouble, body: bytes | None
) -> None:
    """Neither has a body attribute."""
    session = f"sess_empty_{body is None}"
    send(envoy.inbound, "/empty", "POST", {"x-softprobe-session-id": session}, body)
    assert "http.request.body" not in runtime.calls(session)[0].attributes


def test_a_repeated_request_header_is_an_array(envoy: Envoy, runtime: RuntimeDouble) -> None:
    """Values stay apart and in order; bytes that are not UTF-8 are read as ISO-8859-1."""
    session = "sess_repeated"
    lines = [
        f"x-softprobe-session-id: {session}",
        "x-tag: one, two",
        "x-tag: three",
        "x-old: caf\xe9",
    ]
    envoy.exchange("inbound", "GET /repeated HTTP/1.1", "host: app", *lines)
    attributes = runtime.calls(session)[0].attributes
    assert attributes["http.request.header.x-tag"] == ["one, two", "three"]
    assert attributes["http.request.header.x-old"] == "caf\xe9"


def test_the_token_goes_with_every_call_and_into_no_recording(
    runtime: RuntimeDouble, upstream: UpstreamDouble, tmp_path: Path
) -> None:
    """Questions and uploads carry the bearer token; neither the spans nor the app see it."""
    settings = {"RUNTIME": runtime.address, "APP": upstream.authority, "TOKEN": 's3cr"et\\'}
    with Envoy(tmp_path, **settings) as envoy:
        reply = send(envoy.inbound, "/token", headers={"x-softprobe-session-id": "sess_token"})
        calls = [*runtime.calls("sess_token"), *runtime.uploads("sess_token")]
    assert [call.headers["authorization"] for call in calls] == ['Bearer s3cr"et\\'] * 2
    seen = [call.span for call in calls], reply.headers, upstream.received("/token")[0].headers
    assert "s3cr" not in repr(seen)

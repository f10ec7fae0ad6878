"""Calls for an upgrade are read as if they asked for none, and tunnels are refused."""

import pytest

from tests.api import wire
from tests.api.test_envelope import assert_envelope
from tests.servers import Replica

BODY = b'{"mode":"replay"}'
H2C = b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"
WEBSOCKET = b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
SEVERAL = b"connection: upgrade\r\nupgrade: h2c, TLS/1.0\r\nupgrade: websocket\r\n"
BARE = b"upgrade: h2c\r\n"
UPGRADES = pytest.mark.parametrize("upgrade", [H2C, WEBSOCKET, SEVERAL, BARE])
LAST = wire.request("GET", b"/health", b"connection: close\r\n")


@UPGRADES
def test_a_body_is_read_and_the_next_request_too(runtime: Replica, upgrade: bytes) -> None:
    """With a length or in chunks, in one piece with what follows."""
    create = wire.request("POST", b"/v1/sessions", upgrade, BODY)
    chunks = wire.chunked("POST", b"/v1/sessions", upgrade, BODY[:3], BODY[3:])
    answers = wire.converse(runtime, create + chunks + create + LAST)
    assert [answer.status for answer in answers] == [201, 201, 201, 200]
    assert len({answer.json()["sessionId"] for answer in answers[:3]}) == 3


@UPGRADES
def test_a_call_without_a_body_is_answered(runtime: Replica, upgrade: bytes) -> None:
    """As if it had not called for an upgrade."""
    answers = wire.converse(runtime, wire.request("GET", b"/health", upgrade) + LAST)
    assert [answer.status for answer in answers] == [200, 200]


def test_byte_after_byte_is_no_different(runtime: Replica) -> None:
    """Wherever the request is split."""
    sent = wire.request("POST", b"/v1/sessions", H2C, BODY) + LAST
    answers = wire.converse(runtime, *(sent[at : at + 1] for at in range(len(sent))))
    assert [answer.status for answer in answers] == [201, 200]


def test_a_client_that_waits_to_send_its_body_is_told_to(runtime: Replica) -> None:
    """`Expect: 100-continue` beside the call for an upgrade."""
    head = b"expect: 100-continue\r\nconnection: close, upgrade\r\nupgrade: h2c\r\n"
    [answer] = wire.converse(runtime, wire.request("POST", b"/v1/sessions", head, BODY))
    assert answer.status == 201
    assert answer.headers["connection"] == "close"


def test_a_tunnel_is_refused_and_what_is_sent_through_it_not_read(runtime: Replica) -> None:
    """Whatever its target looks like."""
    [answer] = wire.converse(runtime, b"CONNECT a.test:443 HTTP/1.1\r\nhost: a\r\n\r\n" + LAST)
    assert_envelope(answer, 400, "invalid_body")
    [answer] = wire.converse(runtime, wire.request("CONNECT", b"/health") + LAST)
    assert_envelope(answer, 405, "method_not_allowed")
    assert answer.headers["connection"] == "close"

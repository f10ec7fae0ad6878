"""Clients that are silent or slow are given up in time, and those that go on are not."""

import json
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.api import wire
from tests.servers import Replica, wait_until

BODY = b'{"mode":"replay"}'
CREATE = wire.request("POST", b"/v1/sessions", b"", BODY)
HEALTH = wire.request("GET", b"/health")
NOWHERE = b"POST /nowhere HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab"
A_MOMENT = 0.1


@contextmanager
def connected(replica: Replica, *pieces: bytes) -> Iterator[socket.socket]:
    """A connection over which some bytes were sent."""
    with socket.create_connection(("127.0.0.1", replica.port), 20) as connection:
        for piece in pieces:
            connection.sendall(piece)
        yield connection


def is_silent(connection: socket.socket) -> bool:
    """Whether a moment passes in which the server says nothing, its end included."""
    return not select.select([connection], [], [], A_MOMENT)[0]


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (b"", []),
        (b"\r\n", []),
        (HEALTH, [200]),
        (HEALTH[:-2], []),
        (b"G", []),
        (HEALTH + HEALTH[:-2], [200]),
        (CREATE[:-1], []),
        (CREATE + CREATE[:-1], [201]),
        (CREATE + CREATE + CREATE[:-1], [201, 201]),
        (CREATE + HEALTH[:-2], [201]),
        (NOWHERE, [404]),
    ],
)
def test_a_silent_client_is_given_up(impatient: Replica, sent: bytes, statuses: list[int]) -> None:
    """Whatever is half sent; each whole request has its answer first."""
    with connected(impatient, sent) as connection:
        answers = wire.parse(wire.read_all(connection))
    assert [answer.status for answer in answers] == statuses


def test_a_head_that_drips_is_given_up(impatient: Replica) -> None:
    """It has to be whole in time, however busy it looks."""
    with connected(impatient, HEALTH[:-2]) as connection:
        while is_silent(connection):
            connection.sendall(b"x-a: b\r\n")
        assert wire.read_all(connection) == b""


def test_a_body_that_drips_is_waited_for(impatient: Replica) -> None:
    """It goes on, and so does the server's patience."""
    head = wire.request("POST", b"/v1/sessions", b"connection: close\r\n", BODY + b" " * 30)
    with connected(impatient, head[:-30]) as connection:
        for _ in range(30):
            assert is_silent(connection)
            connection.sendall(b" ")
        [answer] = wire.parse(wire.read_all(connection))
    assert answer.status == 201


def test_a_body_given_up_is_one_log_line_and_no_bug(impatient: Replica) -> None:
    """It tells that the client is gone."""
    json_type = b"content-type: application/json\r\n"
    request = wire.request("POST", b"/v1/inject", json_type, BODY)
    with connected(impatient, request[:-1]) as connection:
        assert wire.read_all(connection) == b""

    def told() -> bool:
        lines = [json.loads(x) for x in impatient.log.read_text().splitlines() if x[0] == "{"]
        return ("/v1/inject", "client gone") in [(x.get("route"), x.get("status")) for x in lines]

    wait_until(told, "the call's line")
    assert "Traceback" not in impatient.log.read_text()

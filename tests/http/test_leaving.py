"""Clients that leave before they have their answers: nobody's fault, and no line in the log."""

import socket
import struct

from tests.api import wire
from tests.servers import Replica

# With it a close cuts the connection off at once.
CUT_OFF = struct.pack("ii", 1, 0)
REQUESTS = 50
CLIENTS = 20


def test_a_client_that_has_sent_many_requests_may_leave(runtime: Replica) -> None:
    """Those under way and those that wait have nobody to answer."""
    create = wire.request("POST", b"/v1/sessions", b"", b'{"mode":"replay"}')
    before = len(runtime.log.read_text())
    for _ in range(CLIENTS):
        with socket.create_connection(("127.0.0.1", runtime.port)) as client:
            client.sendall(create * REQUESTS)
            # Until some of them are being served.
            client.recv(1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CUT_OFF)
    [last] = wire.converse(runtime, wire.request("GET", b"/health", b"connection: close\r\n"))
    assert last.status == 200
    said = runtime.log.read_text()[before:]
    assert "Traceback" not in said
    assert "internal error" not in said

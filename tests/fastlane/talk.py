"""Talking to a replica in pieces, and what it said, less what no two answers have alike."""

import contextlib
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from tests.api.wire import read_all
from tests.fastlane.conversations import Conversation
from tests.servers import Replica

_OWN_ID = re.compile(rb"x-request-id: [0-9a-f]{16}-[0-9a-f]+")


def _named(data: bytes, names: Mapping[str, str]) -> bytes:
    """Bytes with the ids in the place of what stands for them, which is as long."""
    for name, session_id in names.items():
        data = data.replace(name.encode(), session_id.encode())
    return data


def _cut(data: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    for start, end in pairwise([0, *cuts, len(data)]):
        yield data[start:end]


def told(replica: Replica, sent: Conversation, names: Mapping[str, str]) -> bytes:
    """All that a replica answers to one connection, up to its end.

    names: what stands in the bytes for ids, and the ids; in the answers they are as before.
    """
    with socket.create_connection(("127.0.0.1", replica.port), 20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(ConnectionError):
            for piece in _cut(_named(sent.data, names), sent.cuts):
                connection.sendall(piece)
        answered = read_all(connection)
    for name, session_id in names.items():
        answered = answered.replace(session_id.encode(), name.encode())
    return _OWN_ID.sub(b"x-request-id: (its own)", answered)

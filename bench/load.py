"""The load: connections that each send their next request as soon as they have their answer.

Plain sockets and one `epoll`: the generator shares its core with the store, so it has to cost less
than what it measures.
"""

import re
import select
import socket
import time
from collections.abc import Iterator

_HEAD = re.compile(
    rb"HTTP/1\.1 200 .*?\r\ncontent-length: ([0-9]+)(?=\r\n).*?\r\n\r\n", re.DOTALL | re.IGNORECASE
)
_PIECE = 64 * 1024


class LoadError(Exception):
    """The server answered something that the measurement does not expect."""


def _is_whole(received: bytes) -> bool:
    """Whether an answer is complete. Raises LoadError for one that is no 200."""
    head = _HEAD.match(received)
    if head:
        return len(received) >= head.end() + int(head[1])
    if b"\r\n\r\n" in received or not received:
        raise LoadError(received[:300].decode("latin-1") or "the server closed the connection")
    return False


class Connection:
    """One connection with its requests."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self._received = b""

    def ask(self) -> None:
        """Send the next request."""
        self.socket.sendall(next(self._requests))

    def is_answered(self) -> bool:
        """Read what there is; whether the answer is whole with it."""
        self._received += self.socket.recv(_PIECE)
        if not _is_whole(self._received):
            return False
        self._received = b""
        return True


def saturate(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> float:
    """Requests per second that a server answers on a number of busy connections.

    Raises LoadError at the first answer that is no 200.
    """
    opened = [Connection(port, requests) for _ in range(connections)]
    by_number = {connection.socket.fileno(): connection for connection in opened}
    poll = select.epoll()
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    answers = 0
    started = now = time.perf_counter()
    for connection in opened:
        connection.ask()
    while now - started < seconds:
        for number, _ in poll.poll(5):
            connection = by_number[number]
            if connection.is_answered():
                answers += 1
                connection.ask()
        now = time.perf_counter()
    poll.close()
    for connection in opened:
        connection.socket.close()
    return answers / (now - started)

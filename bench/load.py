"""The load: connections that each send their next request as soon as they have their answer."""

import asyncio
import time
from collections.abc import Iterator

_END_OF_HEAD = b"\r\n\r\n"


class LoadError(Exception):
    """The server answered something that the measurement does not expect."""


class _Connection(asyncio.Protocol):
    """One connection; counts the answers that came before the deadline."""

    def __init__(self, requests: Iterator[bytes], deadline: float) -> None:
        self._requests = requests
        self._deadline = deadline
        self._received = b""
        self.answers = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._is_whole():
            return
        if not self._received.startswith(b"HTTP/1.1 200"):
            self._end(LoadError(self._received[:200].decode("latin-1")))
        elif time.perf_counter() > self._deadline:
            self._end()
        else:
            self.answers += 1
            self._received = b""
            self._transport.write(next(self._requests))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or LoadError("the server closed the connection"))

    def _is_whole(self) -> bool:
        head, end, body = self._received.partition(_END_OF_HEAD)
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        return bool(end) and len(body) >= int(length or 0)

    def _end(self, failure: Exception | None = None) -> None:
        if self.done.done():
            return
        if failure:
            self.done.set_exception(failure)
        else:
            self.done.set_result(None)
        self._transport.close()


async def _saturate(
    port: int, requests: Iterator[bytes], connections: int, seconds: float
) -> float:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    deadline = started + seconds
    opened = [
        (await loop.create_connection(lambda: _Connection(requests, deadline), "127.0.0.1", port))[
            1
        ]
        for _ in range(connections)
    ]
    await asyncio.gather(*(connection.done for connection in opened))
    return sum(connection.answers for connection in opened) / (time.perf_counter() - started)


def saturate(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> float:
    """Requests per second that a server answers on a number of busy connections.

    Raises LoadError at the first answer that is no 200.
    """
    return asyncio.run(_saturate(port, requests, connections, seconds))

"""The pipes to the store's servers: opened by redis-py, so that they reach what it reaches.

A pipe that is not up is opened beside the calls, which have redis-py's own way meanwhile.
"""

import asyncio
import logging
from typing import Any, Protocol, runtime_checkable

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisClusterException, RedisError

from app.store.pipe import Pipe

# How long after a try to open a pipe the next one may begin, in seconds.
AGAIN_SECONDS = 0.25

log = logging.getLogger("softprobe.store")


@runtime_checkable
class PipeSource(Protocol):
    """What knows the store's servers: a client of ours.

    joins_keys: whether a call may name the keys of several sessions.
    """

    joins_keys: bool

    def pipe_name(self, key: str) -> str | None:
        """The server that holds a key by what is known now; None if nothing is."""

    def pipe_connection(self, name: str) -> AbstractConnection:
        """A connection to a server, not made yet. Raises KeyError for one that is gone."""


def source_of(client: object) -> PipeSource | None:
    """A client of the store as a source of pipes; None where it has no real connections."""
    return client if isinstance(client, PipeSource) else None


def _taken_over(connection: AbstractConnection, pipe: Pipe) -> None:
    """Make a connection that is up a pipe.

    Of redis-py's class this leans on `_writer` and `_reader`, which it leaves empty as a closed
    connection has them.
    """
    held: Any = connection
    writer = held._writer
    held._reader = held._writer = None
    writer.transport.set_protocol(pipe)
    pipe.connection_made(writer.transport)
    # A writer that nobody holds closes its connection.
    pipe.writer = writer


class Pipes:
    """One pipe to each server.

    source: the client; None for one that has no real connections.
    """

    def __init__(self, source: PipeSource | None) -> None:
        self._source = source
        self._pipes: dict[str, Pipe] = {}
        self._opening: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    def to(self, key: str) -> Pipe | None:
        """An open pipe to the server that holds a key; if there is none, one is opened: None."""
        if self._source is None or (name := self._source.pipe_name(key)) is None:
            return None
        pipe = self._pipes.get(name)
        if pipe is not None and pipe.is_open:
            return pipe
        if name not in self._opening and not self._closed:
            task = self._opening[name] = asyncio.ensure_future(self._open(name))
            task.add_done_callback(lambda _: self._opening.pop(name, None))
        return None

    async def _open(self, name: str) -> None:
        assert self._source
        try:
            connection = self._source.pipe_connection(name)
            await connection.connect()  # type: ignore[no-untyped-call]
            pipe = Pipe(asyncio.get_running_loop(), joins_keys=self._source.joins_keys)
            _taken_over(connection, pipe)
        except (RedisError, RedisClusterException, OSError, TimeoutError, KeyError) as error:
            log.info("no pipe to the store", extra={"fault": type(error).__name__})
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            self._pipes[name] = pipe

    async def close(self) -> None:
        """Close all pipes."""
        self._closed = True
        for task in list(self._opening.values()):
            task.cancel()
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        for pipe in self._pipes.values():
            pipe.abandon()
        # Their connections close with the next turn of the loop.
        await asyncio.sleep(0)

"""The client for one server, whether its address is given or Sentinel tells it.

redis-py's, with bounds: a command has an end, a caller that is cut off leaves no connection in a
strange state, and a server that has become a replica is not asked again.
"""

import asyncio
import random
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from app.store import faults
from app.store.ack import Ack, settled, waiting
from app.store.cut_off import cut_off_for_certain
from app.store.watch import PIPELINE, Connections, Watch, call_name, unwatched

# How long a second try to connect waits, in seconds: from and to.
JITTER_SECONDS = (0.02, 0.1)
_NO_HELLO = ("ERR unknown command", "unknown command", "NOPROTO")


class Pool(BlockingConnectionPool):
    """Connections to one server; who finds none free waits for one."""

    async def get_connection(self, *_: Any, **__: Any) -> AbstractConnection:
        """A connection that is up.

        Nothing has been asked yet, so that a connection that cannot be made is tried once more.
        """
        try:
            return await self._ready_connection()
        except ResponseError as refused:
            if not str(refused).startswith(_NO_HELLO):
                raise
            await self._speak_resp2()
        except RedisConnectionError as error:
            if type(error) is not RedisConnectionError or isinstance(error.__cause__, TimeoutError):
                raise
            await asyncio.sleep(random.uniform(*JITTER_SECONDS))  # noqa: S311 jitter
        return await self._ready_connection()

    async def _ready_connection(self) -> AbstractConnection:
        connection: AbstractConnection = await super().get_connection()
        return connection

    async def _speak_resp2(self) -> None:
        """Go on without HELLO, as some proxies before a store want it."""
        self.connection_kwargs["protocol"] = 2
        self._available_connections.clear()

    async def release(self, connection: AbstractConnection) -> None:
        """Take a connection back, even if the caller is cut off while that has to wait."""
        free = not (self._condition.locked() or self._lock.locked())
        if free and not connection.should_reconnect():
            await super().release(connection)
        else:
            await asyncio.shield(super().release(connection))


class SentinelPool(SentinelConnectionPool, Pool):
    """Connections to the server that Sentinel calls the primary."""

    _asking: asyncio.Future[Any] | None = None

    async def get_master_address(self) -> Any:
        """Where the primary is; connections that are made at the same time ask once for all."""
        if self._asking is None:
            self._asking = asyncio.ensure_future(super().get_master_address())
            self._asking.add_done_callback(self._has_asked)
        return await asyncio.shield(self._asking)

    def _has_asked(self, asked: asyncio.Future[Any]) -> None:
        self._asking = None
        if not asked.cancelled():
            asked.exception()  # nobody may be waiting for it any more

    async def disconnect(self, inuse_connections: bool = True) -> None:
        """Close connections, and with all of them those to the Sentinels."""
        await super().disconnect(inuse_connections)
        if inuse_connections:
            await self.sentinel_manager.aclose()


async def _forget_demoted(pool: Any, error: Exception) -> None:
    """After a failover: let idle connections go, so that the next ones find the new primary."""
    if faults.is_demoted(error):
        await pool.disconnect(inuse_connections=False)


class _Pipeline(Pipeline):
    """A pipeline that is bounded as a whole."""

    def __init__(self, client: "ServerClient", name: str, *options: Any) -> None:
        super().__init__(client.connection_pool, client.response_callbacks, *options)
        self._timed = client.timed
        self._name = name

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """The replies to all its commands."""
        with self._timed(self._name):
            return await self._bounded(raise_on_error)

    async def _bounded(self, raise_on_error: bool) -> list[Any]:
        try:
            with cut_off_for_certain():
                async with asyncio.timeout(faults.CALL_SECONDS):
                    replies: list[Any] = await super().execute(raise_on_error)
        except RedisError as error:
            await _forget_demoted(self.connection_pool, error)
            raise
        return replies


class ServerClient(Redis):
    """A client for one server.

    ack: what an acknowledged write has reached. timed: what every call is made within.
    joins_keys: a call may name the keys of several sessions.
    """

    ack = Ack.MEMORY
    joins_keys = True
    timed: Watch = staticmethod(unwatched)

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """The reply to one command."""
        with self.timed(call_name(args)):
            return await self._bounded(*args, **options)

    async def _bounded(self, *args: Any, **options: Any) -> Any:
        try:
            with cut_off_for_certain():
                async with asyncio.timeout(faults.CALL_SECONDS):
                    return await super().execute_command(*args, **options)
        except RedisError as error:
            await _forget_demoted(self.connection_pool, error)
            raise

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """A pipeline; without a transaction its commands are only sent together."""
        return _Pipeline(self, PIPELINE, transaction, shard_hint)

    async def acknowledged(self, key: str, *command: Any) -> Any:  # noqa: ARG002 one server
        """The reply to a write on a key, once it is acknowledged."""
        pipe = _Pipeline(self, call_name(command), False, None)
        pipe.execute_command(*command)
        pipe.execute_command(*waiting(self.ack))
        replies = await pipe.execute(raise_on_error=False)
        try:
            return settled(self.ack, *replies)
        except RedisError as error:
            await _forget_demoted(self.connection_pool, error)
            raise

    def connections(self) -> Connections:
        """Its connections at this moment."""
        pool = self.connection_pool
        in_use, idle = len(pool._in_use_connections), len(pool._available_connections)
        return Connections(in_use, idle, pool.max_connections)

    async def servers(self) -> list[dict[str, Any]]:
        """What the server says of itself."""
        return [await self.info()]

    def pipe_name(self, key: str) -> str:  # noqa: ARG002 one server
        """The one server's."""
        return ""

    def pipe_connection(self, name: str) -> AbstractConnection:  # noqa: ARG002 one server
        """A connection beside the pool's, not made yet."""
        pool = self.connection_pool
        connection: AbstractConnection = pool.connection_class(**pool.connection_kwargs)
        return connection

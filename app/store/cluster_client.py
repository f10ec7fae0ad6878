"""The client for a cluster: redis-py's, with the bounds of the client for one server.

A fault of a node makes it look for the cluster's shape again with the next command; what was asked
is not asked again by itself.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio.cluster import ClusterPipeline, PipelineCommand, RedisCluster
from redis.asyncio.connection import Connection
from redis.exceptions import (
    AskError,
    ClusterError,
    MovedError,
    RedisClusterException,
    RedisError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.store import faults
from app.store.ack import Ack, settled, waiting
from app.store.cut_off import cut_off_for_certain
from app.store.keys import DUE
from app.store.watch import PIPELINE, Connections, Watch, call_name, unwatched

# How many commands, and how many pipelines, are under way at a time; others wait.
AT_A_TIME = 32
# Connections to one node: what may be under way, and some for looking at the cluster's shape.
CONNECTIONS_PER_NODE = 2 * AT_A_TIME + 8
_FAULTS = (RedisConnectionError, RedisTimeoutError, ClusterError, RedisClusterException)


class _Pipeline(ClusterPipeline):
    """A pipeline over several slots, which is bounded as a whole."""

    async def execute(
        self, raise_on_error: bool = True, allow_redirections: bool = True
    ) -> list[Any]:
        """The replies to all its commands."""
        client = self.cluster_client
        assert isinstance(client, ClusterClient)
        with client.timed(PIPELINE):
            return await self._bounded(client, raise_on_error, allow_redirections)

    async def _bounded(self, client: "ClusterClient", *options: bool) -> list[Any]:
        async with client.turn(client.pipelines):
            replies: list[Any] = await super().execute(*options)
        return replies


class ClusterClient(RedisCluster):
    """A client for a cluster.

    ack: what an acknowledged write has reached. timed: what every call is made within.
    joins_keys: no call may, for two sessions are hardly ever of one slot.
    """

    timed: Watch = staticmethod(unwatched)
    joins_keys = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.ack = Ack.MEMORY
        self.commands = asyncio.Semaphore(AT_A_TIME)
        self.pipelines = asyncio.Semaphore(AT_A_TIME)

    def connect_by(self, kind: type[Connection]) -> None:
        """Have all connections to nodes be of a kind."""
        self.nodes_manager.connection_kwargs["connection_class"] = kind
        for node in self.startup_nodes:
            node.connection_class = kind

    @asynccontextmanager
    async def turn(self, waiters: asyncio.Semaphore) -> AsyncIterator[None]:
        """Bound one command or pipeline, the wait for its turn included."""
        try:
            with cut_off_for_certain():
                async with asyncio.timeout(faults.CALL_SECONDS), waiters:
                    yield
        except TimeoutError:
            self._initialize = True
            raise
        except (RedisError, RedisClusterException) as error:
            await self._look_again(error)
            raise

    async def _look_again(self, error: Exception) -> None:
        """After a fault of a node: have the cluster's shape and the connections made anew."""
        if isinstance(error, _FAULTS) or faults.is_demoted(error):
            self._initialize = True
            for node in self.nodes_manager.nodes_cache.values():
                await node.disconnect_free_connections()

    async def initialize(self, *args: Any, **kwargs: Any) -> "ClusterClient":
        """Look at the cluster's shape, if that is due.

        Where none of the nodes that were met answers any more, the next look starts from the URL's.
        """
        try:
            with cut_off_for_certain():
                await super().initialize(*args, **kwargs)
        except RedisClusterException:
            self.nodes_manager.startup_nodes = {node.name: node for node in self.startup_nodes}
            raise
        return self

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        """The reply to one command."""
        with self.timed(call_name(args)):
            async with self.turn(self.commands):
                return await super().execute_command(*args, **kwargs)

    def pipeline(self, transaction: Any = None, shard_hint: Any = None) -> ClusterPipeline:
        """A pipeline; its commands are only sent together, node by node."""
        if transaction or shard_hint:
            raise ValueError("a pipeline over several slots is no transaction")
        return _Pipeline(self)  # type: ignore[abstract]

    async def acknowledged(self, key: str, *command: Any) -> Any:
        """The reply to a write on a key, once it is acknowledged.

        Both go over one connection to the key's node. A write that was sent to the wrong node was
        not made, and goes to the right one.
        """
        with self.timed(call_name(command)):
            async with self.turn(self.commands):
                return await self._redirected(key, *command)

    async def _redirected(self, key: str, *command: Any) -> Any:
        await self.initialize()
        try:
            return await self._acknowledged(key, *command)
        except MovedError as moved:
            await self.nodes_manager.move_slot(moved)
            return await self._acknowledged(key, *command)
        except (AskError, TryAgainError) as error:
            raise ClusterError(f"the slot of {key} is on its way to another node") from error

    async def _acknowledged(self, key: str, *command: Any) -> Any:
        node = self.nodes_manager.get_node_from_slot(self.keyslot(key))
        write, wait = PipelineCommand(0, *command), PipelineCommand(1, *waiting(self.ack))
        await node.execute_pipeline([write, wait])
        return settled(self.ack, write.result, wait.result)

    async def _at_home(self, *command: Any) -> Any:
        """The reply of the node that holds the index which every session is in."""
        await self.initialize()
        node = self.nodes_manager.get_node_from_slot(self.keyslot(DUE))
        return await self.execute_command(*command, target_nodes=node)

    async def ping(self, **options: Any) -> Any:  # noqa: ARG002 as redis-py has it
        """Whether the cluster answers; one shard that is away makes no replica unready."""
        return await self._at_home("PING")

    async def time(self, **options: Any) -> Any:  # noqa: ARG002 as redis-py has it
        """The clock that the indexes go by; nodes' clocks are taken to be alike."""
        return await self._at_home("TIME")

    def connections(self) -> Connections:
        """Its connections to all nodes at this moment."""
        nodes = list(self.nodes_manager.nodes_cache.values())
        made = sum(len(node._connections) for node in nodes)
        idle = sum(len(node._free) for node in nodes)
        return Connections(made - idle, idle, sum(node.max_connections for node in nodes))

    def pipe_name(self, key: str) -> str | None:
        """The primary of a key's slot; None until the cluster's shape is known."""
        slots = self.nodes_manager.slots_cache.get(self.keyslot(key))
        return slots[0].name if slots and not self._initialize else None

    def pipe_connection(self, name: str) -> Connection:
        """A connection to a node beside its own, not made yet. Raises KeyError if it is gone."""
        node = self.nodes_manager.nodes_cache[name]
        connection: Connection = node.connection_class(**node.connection_kwargs)
        return connection

    async def servers(self) -> list[dict[str, Any]]:
        """What each primary says of itself."""
        await self.initialize()
        nodes = self.get_primaries()
        return [await self.execute_command("INFO", target_nodes=node) for node in nodes]

    async def aclose(self) -> None:
        """Close all connections, those of a cluster that was to be looked at again too."""
        await super().aclose()
        await self.nodes_manager.aclose()
        await self.nodes_manager.aclose("startup_nodes")

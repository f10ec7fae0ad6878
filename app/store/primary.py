"""A connection to the primary that Sentinel names, once that says itself that it is one.

Between the two a failover may have passed: a former primary that is up again answers reads with
what it had.
"""

from typing import Any

from redis.asyncio.sentinel import SentinelManagedConnection
from redis.exceptions import ConnectionError as RedisConnectionError


class PrimaryConnection(SentinelManagedConnection):
    """A connection to the primary."""

    async def connect_to(self, address: Any) -> None:
        """Connect to what Sentinel names. Raises ConnectionError if that is no primary (now)."""
        await super().connect_to(address)  # type: ignore[no-untyped-call]
        await self.send_command("INFO", "replication")
        told: Any = await self.read_response(disable_decoding=True)
        if b"role:master" not in bytes(told):
            await self.disconnect()
            raise RedisConnectionError("Sentinel named a server that is no primary")

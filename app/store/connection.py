"""The connection to the store: one redis-py client, and one way for its faults to reach callers.

A store that is away or silent becomes `store_unavailable` within two seconds (otlp-api.md).
Commands are never repeated by themselves: a change whose reply was lost may have been made.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig

from app.errors import ApiError, retry_later

CONNECTIONS = 64
CONNECT_SECONDS = 1.0
REPLY_SECONDS = 1.5
# What all the store's answers to one call of the data plane may take together.
CALL_SECONDS = 1.8

log = logging.getLogger("softprobe.store")


def connect(url: str) -> Redis:
    """A client for a store's URL; it connects with the first command."""
    pool = BlockingConnectionPool.from_url(
        url,
        protocol=3,
        max_connections=CONNECTIONS,
        timeout=CONNECT_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=REPLY_SECONDS,
        retry=Retry(NoBackoff(), 0),
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
    )
    return Redis.from_pool(pool)


def unavailable() -> ApiError:
    """The error for a store that does not answer."""
    return retry_later("store_unavailable", "the store did not answer in time; try again shortly")


def _is_our_fault(error: Exception) -> bool:
    """Whether the server refused a command for what it says, not for the state it is in."""
    return type(error) is ResponseError and str(error).startswith(("ERR", "WRONGTYPE"))


@contextmanager
def store_faults() -> Iterator[None]:
    """Turn a fault of the connection or the server into `store_unavailable`."""
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        if _is_our_fault(error):
            raise
        log.warning("store unavailable", extra={"fault": f"{type(error).__name__}: {error}"})
        raise unavailable() from None


@asynccontextmanager
async def paused(deadline: asyncio.Timeout) -> AsyncIterator[None]:
    """Let the store's clock stand still while something else is waited for."""
    loop = asyncio.get_running_loop()
    left = (deadline.when() or loop.time()) - loop.time()
    deadline.reschedule(None)
    try:
        yield
    finally:
        deadline.reschedule(loop.time() + left)


@asynccontextmanager
async def call_deadline() -> AsyncIterator[asyncio.Timeout]:
    """Bound everything that the store is asked in one call of the data plane."""
    try:
        async with asyncio.timeout(CALL_SECONDS) as deadline:
            yield deadline
    except TimeoutError:
        raise unavailable() from None

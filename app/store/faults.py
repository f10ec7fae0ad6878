"""Faults of the store, and the one way for them to reach callers.

A store that is away or silent becomes `store_unavailable` within two seconds (otlp-api.md), and so
does one that answers but cannot do its work now: it loads, fails over, is full or read-only.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from redis.exceptions import (
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
)

from app.errors import ApiError, retry_later
from app.store.keys import SCHEMA

# What the store may take for one command, and in all for a call of the data plane, in seconds.
CALL_SECONDS = 1.8
# The start of a session script's refusal of what a version of another age wrote.
OTHER_SCHEMA = "SCHEMA"
# Redis before 7 tells what befell a command in a script within an error that starts with ERR.
_STATES = re.compile(
    rf"-(READONLY|OOM|MISCONF|MASTERDOWN|NOREPLICAS|NOPERM)\b|{OTHER_SCHEMA} of"
    "|can't run this command|ACL failure"
)

log = logging.getLogger("softprobe.store")


def unavailable() -> ApiError:
    """The error for a store that does not answer."""
    return retry_later("store_unavailable", "the store did not answer in time; try again shortly")


def full() -> ApiError:
    """The error for a store that has no memory left for what a call would add."""
    return retry_later(
        "store_unavailable",
        "the store is full: it takes nothing new until memory is freed, as a close does",
        seconds=5,
    )


def _is_full(error: Exception) -> bool:
    return isinstance(error, OutOfMemoryError) or "-OOM" in str(error)


def is_demoted(error: Exception) -> bool:
    """Whether the server has become a replica since the connection was made."""
    return isinstance(error, ReadOnlyError) or "-READONLY" in str(error)


def is_of_another_kind(answer: object) -> bool:
    """Whether a key was found to hold another kind of value than it should."""
    return isinstance(answer, ResponseError) and "WRONGTYPE" in str(answer)


def _is_our_fault(error: Exception) -> bool:
    """Whether the server refused a command for what it says, not for the state it is in."""
    if type(error) is not ResponseError or _STATES.search(str(error)):
        return False
    return error.status_code == "ERR" or str(error).startswith(("ERR", "WRONGTYPE"))


class OtherSchemaError(RedisError):
    """A session was written by a version of another age, in a form that this one cannot read."""


def check_schema(schema: bytes | None) -> None:
    """Refuse to read a session in a form that is not known. Raises OtherSchemaError."""
    if schema not in (SCHEMA, None):
        raise OtherSchemaError(f"{OTHER_SCHEMA} of the session is {schema!r}")


@contextmanager
def store_faults() -> Iterator[None]:
    """Turn a fault of the connection or the server into `store_unavailable`."""
    try:
        yield
    except (RedisError, RedisClusterException, OSError, TimeoutError) as error:
        if _is_our_fault(error):
            raise
        log.warning("store unavailable", extra={"fault": f"{type(error).__name__}: {error}"})
        raise (full() if _is_full(error) else unavailable()) from None


@asynccontextmanager
async def paused(deadline: asyncio.Timeout) -> AsyncIterator[None]:
    """Let the store's clock stand still while something else is waited for.

    Raises `store_unavailable` where it has run out.
    """
    if deadline.expired():
        raise unavailable()
    loop = asyncio.get_running_loop()
    left = (deadline.when() or loop.time()) - loop.time()
    deadline.reschedule(None)
    try:
        yield
    finally:
        if not deadline.expired():
            deadline.reschedule(loop.time() + left)


@asynccontextmanager
async def call_deadline() -> AsyncIterator[asyncio.Timeout]:
    """Bound everything that the store is asked in one call."""
    try:
        async with asyncio.timeout(CALL_SECONDS) as deadline:
            yield deadline
    except TimeoutError:
        raise unavailable() from None

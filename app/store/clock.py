"""Time: the store's clock is the only one that sessions go by, and how its times are written."""

from datetime import UTC, datetime

from redis.asyncio import Redis


async def store_clock(client: Redis) -> int:
    """The store's clock, in ms since the epoch."""
    seconds, microseconds = await client.time()
    return int(seconds) * 1000 + int(microseconds) // 1000


def rfc3339(milliseconds: int) -> str:
    """A time in ms since the epoch as RFC 3339 in UTC, to the second."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_day(milliseconds: int) -> str:
    """The UTC day of a time in ms since the epoch, such as 2026-04-20."""
    return rfc3339(milliseconds)[:10]

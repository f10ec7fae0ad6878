"""Lines to the store in its several forms."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from app.store.pipes import source_of
from tests.store.lines import Line


@pytest.fixture
async def line(client: Redis) -> AsyncIterator[Line]:
    """A line to each kind of store that has connections."""
    if source_of(client) is None:
        pytest.skip("fakeredis has no connection to make a pipe of")
    await client.ping()
    made = Line(client)
    yield made
    await made.pipes.close()


@pytest.fixture
async def real_line(real_client: Redis) -> AsyncIterator[Line]:
    """A line to a real server."""
    made = Line(real_client)
    yield made
    await made.pipes.close()

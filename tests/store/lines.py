"""Lines: what asks the store over pipes in tests, and waits."""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from redis.asyncio import Redis

from app.store.confirmations import Confirmations
from app.store.hot_calls import Batch, HotCalls
from app.store.pipe import Pipe
from app.store.pipes import Pipes, source_of
from app.store.watch import StoreWatch
from app.telemetry.metrics import Metrics
from tests.store.sample import KEYS, ORG, SESSION, TTL

SECONDS = 30.0


class Line:
    """What asks the store over pipes, and waits."""

    def __init__(self, client: Redis) -> None:
        self.pipes = Pipes(source_of(client))
        self.metrics = Metrics()
        self.calls = HotCalls(self.pipes, StoreWatch(self.metrics))

    async def open(self) -> Pipe:
        """Wait for the pipe to the sample session."""
        deadline = perf_counter() + SECONDS
        pipe = self.pipes.to(KEYS.session)
        while pipe is None and perf_counter() < deadline:
            await asyncio.sleep(0)
            pipe = self.pipes.to(KEYS.session)
        assert pipe, "waited for a pipe"
        return pipe

    async def word(self, batch: Batch, seconds: float = SECONDS) -> tuple[str, Sequence[Any]]:
        """What one more waiter of a batch is told."""
        return await asyncio.wait_for(self.join(batch, seconds), SECONDS)

    def join(self, batch: Batch, seconds: float = SECONDS) -> "asyncio.Future[Any]":
        """Wait for a batch."""
        waiter = Waiter()
        self.calls.join(batch, waiter, perf_counter() + seconds)
        return waiter.future


class Waiter:
    """Who waits for a word; future: is given it."""

    def __init__(self) -> None:
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    @staticmethod
    def tell(waiters: "Sequence[Waiter]", word: str, values: Sequence[Any]) -> None:
        """Keep the word."""
        for waiter in waiters:
            waiter.future.set_result((word, values))


async def version_of(client: Redis) -> str:
    """That of the sample session's documents."""
    held: Any = await client.hmget(KEYS.session, ["revision", "tag"])
    return b"-".join(held).decode()


async def confirmations(client: Redis) -> Confirmations:
    """Hops of the sample session."""
    return Confirmations(ORG, SESSION, await version_of(client), TTL)


async def hits_of(client: Redis) -> int:
    """How many hops of the sample session were answered."""
    return int(await client.hget(KEYS.session, "injectedSpans") or 0)


async def ready(client: Redis, line: Line) -> None:
    """Have the servers know the script."""
    warm = Confirmations(ORG, SESSION, "0-none", TTL)
    await line.open()
    for _ in range(2):
        await line.word(warm)

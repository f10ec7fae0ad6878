"""Crashes: whatever ends a replica or the store, nothing is lost, and nothing counts for long."""

import asyncio
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import redis

from tests.quotas.crowd import KEYS, Counts, Crowd, ask, over_http
from tests.quotas.rounds import each_round
from tests.servers import Replica, Valkey, replicas, wait_until

LIMIT = 60
CALLERS = 120

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def store() -> Iterator[Valkey]:
    """A store of the module's own, which is killed."""
    with Valkey() as server:
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the replicas' files are."""
    path: Path = tmp_path_factory.mktemp("crashes")
    return path


@pytest.fixture(scope="module")
def four(store: Valkey, folder: Path) -> Iterator[list[Replica]]:
    """Four replicas on it."""
    quotas = f"open_sessions={LIMIT},sessions_per_month=1000000"
    with replicas(folder, 4, store_url=store.url, quotas=quotas) as running:
        yield running


@pytest.fixture
def counts(store: Valkey, four: list[Replica]) -> Iterator[Counts]:
    """The counts, at nothing."""
    with redis.Redis(port=store.port) as client:
        client.flushdb()
        yield Counts(client, partial(ask, four[0]))


async def told_as_many(crowd: Crowd, count: int) -> None:
    """Wait until callers have been told so often."""
    async with asyncio.timeout(300):
        while len(crowd.told) < count:  # noqa: ASYNC110 the crowd knows no events
            await asyncio.sleep(0.005)


@each_round
async def test_a_restart_of_the_store_admits_no_more_than_the_limit(
    four: list[Replica], counts: Counts, store: Valkey, round_: int
) -> None:
    """Killed while they ask: what is there in the end is the limit, and all that was answered."""
    counts.limit(sessions_per_minute=LIMIT, sessions_per_month=LIMIT)
    async with Crowd(over_http(four, CALLERS)) as crowd:
        asking = asyncio.create_task(crowd.all_at_once(CALLERS, until_told=True))
        await told_as_many(crowd, LIMIT // 3)
        assert store.process
        store.process.kill()
        store.process.wait()
        await asyncio.to_thread(store.start)
        await asking
        counts.age(KEYS.reserved, KEYS.live)
        await crowd.until_refused()
        listed = await counts.listed()
    assert set(crowd.known) <= listed
    assert len(listed) == LIMIT
    assert (await counts.used())[1:3] == [LIMIT, LIMIT]


@each_round
async def test_replicas_that_are_killed_leave_nothing_counted(
    four: list[Replica], counts: Counts, round_: int
) -> None:
    """In the midst of creates and closes: what is counted as open is what is open."""
    async with Crowd(over_http(four, CALLERS)) as crowd:

        async def busy() -> None:
            while True:
                await (crowd.create if random.random() < 0.6 else crowd.close)()

        callers = [asyncio.create_task(busy()) for _ in range(30)]
        for victim in four[2:]:
            await told_as_many(crowd, len(crowd.told) + 100)
            victim.kill()
        await told_as_many(crowd, len(crowd.told) + 100)
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
    for victim in four[2:]:
        await asyncio.to_thread(victim.start)
    counts.age(KEYS.reserved, KEYS.live)
    assert (await counts.used())[2] == len(await counts.listed())
    async with Crowd(over_http(four, CALLERS)) as crowd:
        await crowd.until_refused()
    assert len(await counts.listed()) == LIMIT


def test_sessions_that_lapse_make_room(store: Valkey, folder: Path) -> None:
    """Nobody closes them, and no call has to be refused first."""
    with redis.Redis(port=store.port) as client:
        client.flushdb()
    settings = {"store_url": store.url, "quotas": "open_sessions=3", "session_ttl": "1s"}
    with Replica(folder, **settings) as replica:
        for mode in ("capture", "replay", "generate"):
            replica.create(mode)

        def has_room() -> bool:
            return replica.post("/v1/sessions", {"mode": "replay"}).status == 201

        wait_until(has_room, "the sessions to lapse")

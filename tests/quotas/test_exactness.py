"""Exactness: four replicas together never admit more than the limit, and no less.

`SOFTPROBE_TEST_ROUNDS` says how often each of these is done.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.quotas.crowd import AGAIN, KEYS, Counts, Crowd
from tests.servers import Replica, Valkey, replicas

LIMIT = 60
CALLERS = 500
ROUNDS = int(os.environ.get("SOFTPROBE_TEST_ROUNDS", "2"))
each_round = pytest.mark.parametrize("round_", range(ROUNDS))


@pytest.fixture(scope="module")
def store() -> Iterator[Valkey]:
    """A store of the module's own, which may be started again."""
    with Valkey() as server:
        yield server


@pytest.fixture(scope="module")
def four(store: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Replica]]:
    """Four replicas on it."""
    folder: Path = tmp_path_factory.mktemp("exactness")
    names = ("sessions_per_minute", "sessions_per_month", "open_sessions")
    quotas = ",".join(f"{name}={LIMIT}" for name in names)
    with replicas(folder, 4, store_url=store.url, quotas=quotas) as running:
        yield running


@pytest.fixture
def counts(store: Valkey, four: list[Replica]) -> Iterator[Counts]:
    """The counts, at nothing."""
    with redis.Redis(port=store.port) as client:
        client.flushdb()
        yield Counts(client, lambda: four[0])


def raised(four: list[Replica], store: Valkey, **limits: int) -> None:
    """Give the organisation other limits for the quotas that a test is not about."""
    with redis.Redis(port=store.port) as client:
        fields = {f"limit:{name}": limit for name, limit in limits.items()}
        client.hset(KEYS.record, mapping=fields)


@each_round
async def test_of_many_callers_at_once_exactly_the_limit_is_admitted(
    four: list[Replica], counts: Counts, round_: int
) -> None:
    """500 creates over four replicas against 60; all quotas have been charged alike."""
    crowd = Crowd(four)
    await crowd.all_at_once(CALLERS)
    assert len(crowd.told) == CALLERS
    assert len(crowd.known) <= LIMIT
    if AGAIN not in crowd.told:
        assert len(crowd.known) == LIMIT
    counts.age(KEYS.reserved, KEYS.live)
    await crowd.until_refused()
    assert set(crowd.known) <= counts.listed()
    assert len(counts.listed()) == LIMIT
    used = counts.used()
    assert [used[name] for name in list(used)[:3]] == [LIMIT] * 3


@each_round
async def test_across_the_windows_border_no_more_than_the_limit_is_admitted(
    four: list[Replica], counts: Counts, store: Valkey, round_: int
) -> None:
    """60 s after a minute that was used up, just as many again: not one from both sides of it."""
    raised(four, store, sessions_per_month=10_000, open_sessions=10_000)
    before, after = Crowd(four), Crowd(four)
    await before.until_refused()
    assert len(before.known) == LIMIT
    counts.age(KEYS.minute, by_ms=59_000)
    await after.all_at_once(CALLERS)
    assert len(after.known) <= LIMIT
    async with asyncio.timeout(60):
        while counts.used()["sessions_per_minute"] < LIMIT:
            await after.until_refused()
    assert len(after.known) == LIMIT


@each_round
async def test_a_restart_of_the_store_admits_no_more_than_the_limit(
    four: list[Replica], counts: Counts, store: Valkey, round_: int
) -> None:
    """Killed while they ask: what is there in the end is the limit, and all that was answered."""
    crowd = Crowd(four)
    asking = asyncio.create_task(crowd.all_at_once(CALLERS, until_told=True))
    while len(crowd.known) < LIMIT // 3 and not asking.done():
        await asyncio.sleep(0.001)
    assert store.process
    store.process.kill()
    store.process.wait()
    await asyncio.to_thread(store.start)
    await asking
    counts.age(KEYS.reserved, KEYS.live)
    await crowd.until_refused()
    listed = counts.listed()
    assert set(crowd.known) <= listed
    assert len(listed) == LIMIT
    assert counts.used()["open_sessions"] == LIMIT

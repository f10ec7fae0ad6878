"""Leaks: whatever ends a session, or a replica, nothing is counted for long that is not there."""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis

from tests.quotas.crowd import KEYS, Counts, Crowd
from tests.quotas.test_exactness import each_round
from tests.servers import Replica, Valkey, replicas, wait_until

LIMIT = 40


@pytest.fixture(scope="module")
def store() -> Iterator[Valkey]:
    """A store of the module's own."""
    with Valkey() as server:
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the replicas' files are."""
    path: Path = tmp_path_factory.mktemp("leaks")
    return path


@pytest.fixture(scope="module")
def three(store: Valkey, folder: Path) -> Iterator[list[Replica]]:
    """Three replicas on it."""
    quotas = f"open_sessions={LIMIT},sessions_per_month=1000000"
    with replicas(folder, 3, store_url=store.url, quotas=quotas) as running:
        yield running


@pytest.fixture
def counts(store: Valkey, three: list[Replica]) -> Iterator[Counts]:
    """The counts, at nothing."""
    with redis.Redis(port=store.port) as client:
        client.flushdb()
        yield Counts(client, lambda: three[0])


@each_round
async def test_replicas_that_are_killed_leave_nothing_counted(
    three: list[Replica], counts: Counts, round_: int
) -> None:
    """In the midst of creates and closes: what is counted as open is what is open."""
    crowd = Crowd(three)
    async with httpx.AsyncClient(timeout=60) as client:

        async def busy() -> None:
            while True:
                await (crowd.create if random.random() < 0.6 else crowd.close)(client)

        async with asyncio.timeout(60):
            callers = [asyncio.create_task(busy()) for _ in range(30)]
            for victim in three[1:]:
                told = len(crowd.told)
                while len(crowd.told) < told + 150:
                    await asyncio.sleep(0.01)
                victim.kill()
                victim.start(wait=False)
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
    for replica in three:
        wait_until(lambda replica=replica: answers(replica), "the replica to be back")
    counts.age(KEYS.reserved, KEYS.live)
    assert counts.used()["open_sessions"] == len(counts.listed())
    await crowd.until_refused()
    assert len(counts.listed()) == LIMIT


def answers(replica: Replica) -> bool:
    """Whether a replica is there."""
    with contextlib.suppress(OSError):
        return replica.get("/ready").status == 200
    return False


def test_sessions_that_lapse_make_room(store: Valkey, folder: Path) -> None:
    """Nobody closes them, and no call has to be refused first."""
    with redis.Redis(port=store.port) as client:
        client.flushdb()
    settings = {"store_url": store.url, "quotas": "open_sessions=3", "session_ttl": "1s"}
    with Replica(folder, **settings) as replica:
        for mode in ("capture", "replay", "generate"):
            replica.create(mode)

        def used() -> int:
            quotas = replica.get("/v1/usage").json()["quotas"]
            return {quota["name"]: quota["used"] for quota in quotas}["open_sessions"]

        wait_until(lambda: used() == 0, "the sessions to lapse")
        assert replica.post("/v1/sessions", {"mode": "replay"}).status == 201

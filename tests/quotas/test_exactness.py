"""Exactness: four replicas together never admit more than the limit, and no less."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from app.main import Runtime
from app.settings import Settings
from app.store import new_sessions
from app.store.connection import connect
from tests.quotas.crowd import KEYS, Counts, Crowd
from tests.quotas.rounds import each_round
from tests.servers import Valkey

LIMIT = 60
CALLERS = 500
QUOTAS = ("sessions_per_minute", "sessions_per_month", "open_sessions")

pytestmark = pytest.mark.timeout(600)


class Four:
    """Four replicas over one real store, each with connections of its own."""

    def __init__(self, clients: list[httpx.AsyncClient], counts: Counts) -> None:
        self.clients = clients
        self.counts = counts


async def _ask(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(path)
    assert answer.status_code == 200
    return answer.json()


@pytest.fixture
async def four(
    unhurried: None, valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Four]:
    """The replicas; a machine at its limit has all the time that it needs."""
    monkeypatch.setattr(new_sessions, "RESERVED_MS", 3_600_000)
    quotas = ",".join(f"{name}={LIMIT}" for name in QUOTAS)
    path = str(tmp_path / "{sessionId}.case.json")
    settings = Settings(store_url=valkey.url, quotas=quotas, capture_case_path=path)
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(4):
            store = connect(valkey.url)
            stack.push_async_callback(store.aclose)
            app: Any = Runtime(store, settings).app
            transport = httpx.ASGITransport(app)
            client = httpx.AsyncClient(transport=transport, base_url="http://replica")
            clients.append(await stack.enter_async_context(client))
        with redis.Redis(port=valkey.port) as raw:
            raw.flushdb()
            yield Four(clients, Counts(raw, partial(_ask, clients[0])))
            raw.flushdb()


@each_round
async def test_of_many_callers_at_once_exactly_the_limit_is_admitted(
    four: Four, round_: int
) -> None:
    """500 creates over four replicas against 60: all quotas have been charged alike."""
    crowd = Crowd(four.clients)
    await crowd.all_at_once(CALLERS)
    assert sorted(crowd.told) == [201] * LIMIT + [429] * (CALLERS - LIMIT)
    assert await four.counts.listed() == set(crowd.known)
    assert await four.counts.used() == [LIMIT, LIMIT, LIMIT, 0]


@each_round
async def test_across_the_windows_border_exactly_the_limit_is_admitted(
    four: Four, round_: int
) -> None:
    """Callers who ask while a used-up minute passes get just as many again, in any 60 s."""
    four.counts.limit(sessions_per_month=10_000, open_sessions=10_000)
    before, after = Crowd(four.clients), Crowd(four.clients)
    await before.until_refused()
    assert len(before.known) == LIMIT
    four.counts.age(KEYS.minute, by_ms=59_000)
    async with asyncio.timeout(500):
        while (await four.counts.used())[1] < 2 * LIMIT:
            await after.all_at_once(CALLERS // 10)
    assert len(after.known) == LIMIT
    assert (await four.counts.used())[0] == LIMIT
    await after.until_refused()
    assert len(after.known) == LIMIT


@each_round
async def test_creates_and_closes_at_once_end_where_they_should(four: Four, round_: int) -> None:
    """What is counted as open is what is open, whatever came in between."""
    four.counts.limit(sessions_per_month=10_000, sessions_per_minute=10_000, open_sessions=20)
    crowd = Crowd(four.clients)
    for _ in range(5):
        await asyncio.gather(crowd.all_at_once(50), *(crowd.close() for _ in range(20)))
        assert await four.counts.listed() == set(crowd.known)
        assert (await four.counts.used())[2] == len(crowd.known) <= 20

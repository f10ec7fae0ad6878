"""A store whose memory is full: nothing new is taken, and what frees memory works."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.errors import ApiError
from app.store.cases import CaseStore
from app.store.connection import connect
from app.store.hits import Chosen, HitStore, Wanted
from app.store.keys import DUE, session_keys
from tests.captures.conftest import ORG, TTL, House, span
from tests.servers import Valkey
from tests.topologies import redis_62

SERVERS = ["valkey", "redis 6.2"]


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Valkey]:
    """A server of each age."""
    old = request.param == "redis 6.2"
    if old and redis_62() is None:
        pytest.skip("the package with Redis 6.2 does not exist for this machine")
    with Valkey(binary=redis_62() if old else None) as started:
        yield started


@pytest.fixture
async def house(unhurried: None, server: Valkey, tmp_path: Path) -> AsyncIterator[House]:
    """A closer over the server, which is not full yet."""
    client = connect(server.url)
    await client.flushall()
    yield House(client, tmp_path)
    await client.aclose()


@contextlib.asynccontextmanager
async def full(client: Redis) -> AsyncIterator[None]:
    """The server has less memory than it uses."""
    await client.config_set("maxmemory", 1)
    try:
        yield
    finally:
        await client.config_set("maxmemory", 0)


async def test_what_is_new_is_refused_with_the_reason(house: House) -> None:
    """Sessions, spans, rules and cases; and what is there stays as it is."""
    session_id = await house.captured(1)
    cases = CaseStore(house.client, TTL)
    held = await house.client.hgetall(session_keys(ORG, session_id).session)
    async with full(house.client):
        for call in (
            house.sessions.create(ORG, "capture", "{}"),
            house.spans.append(ORG, session_id, [span(2)]),
            house.sessions.replace(ORG, session_id, policy="{}"),
            cases.loading(ORG, session_id).stage([(b"a", b"b")]),
            cases.replace_rules(ORG, session_id, document=b"{}", rule_count=0, ignores=b"", ids=""),
        ):
            with pytest.raises(ApiError, match="the store is full") as refused:
                await call
            assert refused.value.name == "store_unavailable"
        assert await house.client.hgetall(session_keys(ORG, session_id).session) == held


async def test_a_capture_is_closed_and_listed(house: House) -> None:
    """A close takes no more memory than it frees."""
    session_id = await house.captured(3)
    async with full(house.client):
        assert (await house.closer.close(ORG, session_id)).trace_count == 3
        assert await house.captures.find(ORG, session_id) is not None
    assert await house.client.exists(DUE) == 0


async def test_a_replay_session_is_closed(house: House) -> None:
    """Its tombstone is smaller than it was."""
    session_id, _ = await house.sessions.create(ORG, "replay", "{}")
    async with full(house.client):
        await house.closer.close(ORG, session_id)


async def test_a_close_that_is_refused_is_taken_back(house: House) -> None:
    """The lease is renewed and given up, and a later close has everything."""
    session_id = await house.captured(3)
    async with full(house.client):
        await house.closes.begin(ORG, session_id, "me")
        assert await house.closes.renew(ORG, session_id, "me")
        assert await house.closes.abort(ORG, session_id, "me")
        assert (await house.closer.close(ORG, session_id)).trace_count == 3


async def test_a_session_is_read_and_looked_at_again_later(house: House) -> None:
    """Reads renew its life as ever, and the sweeper's index takes a new time."""
    session_id = await house.captured(1)
    async with full(house.client):
        assert (await house.sessions.read(ORG, session_id)).revision == 1
        await house.sessions.index.reschedule(ORG, session_id, -1)
        assert await house.sessions.index.due(10) == [(ORG, session_id)]


async def test_hops_are_decided_and_counted(house: House) -> None:
    """Hits, claims and recordings: what they add is small."""
    client, hits = house.client, HitStore(house.client, TTL)
    session_id, _ = await house.sessions.create(ORG, "replay", "{}")
    fields = [(b"a:0", b"answer"), (b"k", b"1 0")]
    loading = CaseStore(client, TTL).loading(ORG, session_id)
    await loading.finish(fields, case_id="c", trace_count=1, rules="[]")
    version = await house.sessions.version(ORG, session_id)
    once = Chosen(version, layer="session", place=0, once=True)
    wanted = Wanted(ignored="0", port="", line=b"", fields=[b"k"])
    async with full(client):
        await house.sessions.count(ORG, session_id, "strictMisses", '{"path":"/a"}')
        assert await hits.claim(ORG, session_id, once, is_hit=True) == "ok"
        again = once._replace(once=False)
        assert await hits.take(ORG, session_id, again, wanted) == ("ok", b"answer")
    state = await house.sessions.read(ORG, session_id)
    assert (state.injected_spans, state.strict_misses) == (2, 1)

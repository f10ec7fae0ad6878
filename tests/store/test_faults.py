"""Faults of the store: what becomes 503, what is forgotten with them, and what nobody waits for."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from app.errors import ApiError
from app.store.ack import Ack
from app.store.closes import CloseStore, Outcome
from app.store.connection import CONNECTIONS, connect
from app.store.faults import call_deadline, paused, store_faults
from app.store.sessions import SessionStore
from app.store.spans import SpanStore
from tests.proxy import StoreProxy
from tests.servers import Valkey
from tests.store.refusing_server import RefusingServer
from tests.topologies import Sentinels, asked, redis_62

TTL = 60_000
ORG = "default"
SPAN = (b"id", b"payload")


async def assert_unavailable(call: object) -> None:
    """Fail unless a call says to come again."""
    with pytest.raises(ApiError) as refused:
        await call  # type: ignore[misc]
    assert refused.value.name == "store_unavailable"
    assert "retry-after" in refused.value.headers


@pytest.mark.parametrize(
    "error",
    [
        "READONLY You can't write against a read only replica.",
        "LOADING Redis is loading the dataset in memory",
        "MASTERDOWN Link with MASTER is down",
        "CLUSTERDOWN The cluster is down",
        "NOREPLICAS Not enough good replicas to write.",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "MISCONF Redis is configured to save RDB snapshots",
        "BUSY Redis is busy running a script.",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "NOAUTH Authentication required.",
        "ERR max number of clients reached",
        "ERR Error running script: @user_script: 28: -READONLY You can't write",
        "ERR Error running script: @user_script: 28: -OOM command not allowed",
    ],
)
async def test_a_state_of_the_server_is_unavailability(error: str) -> None:
    """It may pass, whatever the server's version calls it."""
    async with RefusingServer(error) as server:
        client = connect(server.url)
        await assert_unavailable(SessionStore(client, TTL).replace(ORG, "sess_x", policy="{}"))
        await assert_unavailable(SessionStore(client, TTL).read(ORG, "sess_x"))
        await client.aclose()


async def test_a_bug_of_ours_is_not_taken_for_unavailability(real_client: Redis) -> None:
    """A command that is wrong would be wrong again."""
    with pytest.raises(ResponseError), store_faults():
        await real_client.execute_command("EVALSHA")
    await real_client.set("key", "text", ex=60)
    with pytest.raises(ResponseError), store_faults():
        await real_client.llen("key")


async def test_a_server_without_hello_is_spoken_to_in_resp2() -> None:
    """As some proxies before a store want it; once that is known, it is not tried again."""
    async with RefusingServer("") as server:
        client = connect(server.url)
        replies = await asyncio.gather(*(client.execute_command("ANY") for _ in range(5)))
        assert replies == [b"OK"] * 5
        await client.aclose()


@pytest.mark.parametrize("oldest", [False, True], ids=["valkey", "redis 6.2"])
async def test_after_a_failover_the_new_primary_is_found_without_a_restart(*, oldest: bool) -> None:
    """The former one says READONLY once; no idle connection to it is asked again."""
    if oldest and redis_62() is None:
        pytest.skip("the package with Redis 6.2 does not exist for this machine")
    binary = redis_62() if oldest else None
    with (
        Valkey(binary=binary) as former,
        Valkey(binary=binary, repl_diskless_sync_delay="0") as later,
        StoreProxy(former.port) as front,
    ):
        client = connect(front.url)
        sessions = SessionStore(client, TTL)
        await asyncio.gather(*(sessions.create(ORG, "replay", "{}") for _ in range(20)))
        with asked(former) as one:
            one.replicaof("127.0.0.1", later.port)
        front.store_port = later.port
        await assert_unavailable(sessions.create(ORG, "replay", "{}"))
        await asyncio.gather(*(sessions.create(ORG, "replay", "{}") for _ in range(20)))
        await client.aclose()


@pytest.mark.parametrize(
    ("kind", "ack"), [("valkey", Ack.AOF), ("cluster", Ack.AOF), ("sentinel", Ack.REPLICA)]
)
async def test_writes_are_acknowledged_as_asked(
    unhurried: None, store_urls: Callable[[str], str], kind: str, ack: Ack
) -> None:
    """The whole life of a capture, also after the server has forgotten the scripts."""
    client = connect(store_urls(kind), ack)
    await client.flushall()
    await client.script_flush()
    session_id, _ = await SessionStore(client, TTL).create(ORG, "capture", "{}")
    spans, closes = SpanStore(client, TTL, 10_000), CloseStore(client)
    assert await spans.append(ORG, session_id, [SPAN]) == (1, 0)
    assert (await closes.begin(ORG, session_id, "me")).outcome is Outcome.FLUSH
    assert await closes.commit(ORG, session_id, "me")
    await client.aclose()


async def test_a_write_that_no_replica_has_is_unavailable_and_its_retry_is_kept_once() -> None:
    """It may have been made: the caller sends it again."""
    with Sentinels(down_after_ms=60_000) as store:
        client = connect(store.url, Ack.REPLICA)
        session_id, _ = await SessionStore(client, TTL).create(ORG, "capture", "{}")
        spans = SpanStore(client, TTL, 10_000)
        store.replicas[0].signal(signal.SIGSTOP)
        await assert_unavailable(spans.append(ORG, session_id, [SPAN]))
        store.replicas[0].signal(signal.SIGCONT)
        assert await spans.append(ORG, session_id, [SPAN]) == (0, 0)
        await client.aclose()


async def test_a_write_waits_in_vain_without_what_it_waits_for() -> None:
    """Where the file was switched off after the start, for one."""
    with Valkey(appendonly="no") as server:
        client = connect(server.url, Ack.AOF)
        await assert_unavailable(SessionStore(client, TTL).create(ORG, "capture", "{}"))
        await client.aclose()


@pytest.mark.parametrize("kind", ["valkey", "cluster", "sentinel"])
async def test_calls_that_are_cut_off_leave_no_connection_behind(
    unhurried: None, store_urls: Callable[[str], str], kind: str
) -> None:
    """Whatever they were at; afterwards as many calls as there are connections go at once."""
    client = connect(store_urls(kind))
    await client.flushall()
    sessions = SessionStore(client, TTL)
    session_id, _ = await sessions.create(ORG, "replay", "{}")
    for number in range(200):
        calls = [asyncio.create_task(sessions.read(ORG, session_id)) for _ in range(5)]
        for _ in range(number % 20):
            await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
    states = await asyncio.gather(*(sessions.read(ORG, session_id) for _ in range(CONNECTIONS)))
    assert {state.session_id for state in states} == {session_id}
    await client.aclose()


async def test_a_server_that_is_no_primary_any_more_is_not_read_from(
    unhurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though a Sentinel that has not heard of a failover names it."""
    with Sentinels(down_after_ms=60_000) as store:
        client = connect(store.url)
        sessions = SessionStore(client, TTL)
        session_id, _ = await sessions.create(ORG, "replay", "{}")
        await client.connection_pool.disconnect()
        former = ("127.0.0.1", store.replicas[0].port)

        async def names(*_: object) -> tuple[str, int]:
            return former

        with monkeypatch.context() as lagging:
            pool: Any = client.connection_pool
            lagging.setattr(pool.sentinel_manager, "discover_master", names)
            with pytest.raises(ApiError) as refused:
                await sessions.read(ORG, session_id)
            assert refused.value.name == "store_unavailable"
        assert (await sessions.read(ORG, session_id)).revision == 1
        await client.aclose()


@pytest.mark.parametrize("kind", ["valkey", "cluster", "sentinel"])
async def test_more_calls_than_connections_wait_for_their_turn(
    unhurried: None, store_urls: Callable[[str], str], kind: str
) -> None:
    """None of them is refused."""
    client = connect(store_urls(kind))
    await client.flushall()
    sessions = SessionStore(client, TTL)
    session_id, _ = await sessions.create(ORG, "replay", "{}")
    reads = (sessions.read(ORG, session_id) for _ in range(4 * CONNECTIONS))
    changes = (sessions.replace(ORG, session_id, policy="{}") for _ in range(CONNECTIONS))
    await asyncio.gather(*reads, *changes)
    assert (await sessions.read(ORG, session_id)).revision == 1 + CONNECTIONS
    await client.aclose()


async def _swallowed_end(deadline: asyncio.Timeout) -> None:
    """Let a deadline pass without a word."""
    deadline.reschedule(asyncio.get_running_loop().time())
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()


async def _pause_after_its_end() -> None:
    async with call_deadline() as deadline:
        await _swallowed_end(deadline)
        async with paused(deadline):
            pass


async def _end_within_a_pause() -> None:
    async with call_deadline() as deadline, paused(deadline):
        await _swallowed_end(deadline)


async def test_a_deadline_that_has_passed_is_no_fault_of_ours() -> None:
    """Its clock can neither be stopped nor started any more."""
    await assert_unavailable(_pause_after_its_end())
    await _end_within_a_pause()

"""The watch over the store: names of calls, kinds of faults, and the pool."""

import asyncio
import signal

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.store.connection import connect
from app.store.sessions import SessionStore
from app.store.watch import StoreWatch, call_name, watch_store
from app.telemetry.metrics import Metrics
from tests.servers import Valkey, free_port
from tests.store.refusing_server import RefusingServer

TTL = 60_000


def faults(metrics: Metrics) -> dict[str, float]:
    """The faults that were counted, by their reason."""
    return {
        sample.labels["reason"]: sample.value
        for family in metrics.store_faults.collect()
        for sample in family.samples
        if sample.value
    }


def calls(metrics: Metrics) -> dict[str, float]:
    """How many calls were timed, by their name."""
    return {
        sample.labels["call"]: sample.value
        for family in metrics.store_calls.collect()
        for sample in family.samples
        if sample.name.endswith("_count")
    }


async def test_every_form_of_store_is_watched(client: Redis, store_kind: str) -> None:
    """Scripts by their names, pipelines and commands; what a connection is doing is told."""
    if store_kind == "fakeredis":
        pytest.skip("a fake server has no connections")
    metrics = Metrics()
    watch_store(client, metrics)
    sessions = SessionStore(client, TTL)
    session_id, _ = await sessions.create("default", "replay", "{}")
    await sessions.read("default", session_id)
    await client.ping()
    assert set(calls(metrics)) >= {"create_session", "pipeline", "ping"}
    assert faults(metrics) == {}
    there = client.connections()  # type: ignore[attr-defined]
    assert there.in_use == 0
    assert 0 < there.idle <= there.limit


async def fault_of(url: str) -> dict[str, float]:
    """What one question to a store counts."""
    client, metrics = connect(url), Metrics()
    watch_store(client, metrics)
    with pytest.raises((RedisError, OSError, TimeoutError)):
        await client.ping()
    await client.aclose()
    return faults(metrics)


async def test_a_fault_is_counted_by_its_kind() -> None:
    """No connection, or an answer that refuses."""
    assert await fault_of(f"redis://127.0.0.1:{free_port()}") == {"connection": 1}
    async with RefusingServer("OOM command not allowed when used memory > 'maxmemory'.") as full:
        assert await fault_of(full.url) == {"refused": 1}


async def test_a_silent_store_is_a_timeout() -> None:
    """It has the connection, and gives no answer."""
    with Valkey() as server:
        client, metrics = connect(server.url), Metrics()
        watch_store(client, metrics)
        await client.ping()
        server.signal(signal.SIGSTOP)
        with pytest.raises((RedisError, TimeoutError)):
            await client.ping()
        await client.aclose()
    assert faults(metrics) == {"timeout": 1}


async def test_a_call_that_is_cut_off_is_a_timeout_too() -> None:
    """By the end of all that may be asked for one call together."""
    metrics = Metrics()

    async def ask() -> None:
        with StoreWatch(metrics)("ping"):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ask(), 0.01)
    assert faults(metrics) == {"timeout": 1}


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("PING",), "ping"),
        (("EVALSHA", "of nobody"), "eval"),
        (("EVAL", "return 2", 0), "eval"),
        ((), "none"),
    ],
)
def test_what_is_no_script_of_ours_has_a_name_too(command: tuple[str, ...], name: str) -> None:
    """One of few."""
    assert call_name(command) == name

"""Joint calls: what is asked about many sessions within a turn, by one call of the store."""

import asyncio
from math import inf
from time import perf_counter
from typing import Any

import hiredis
import pytest
from redis.asyncio import Redis

from app.store.confirmations import Confirmations
from app.store.hot_calls import MOST_AT_ONCE, REFUSED
from app.store.keys import session_keys
from tests.store.lines import Line, Waiter, confirmations, hits_of, ready, version_of
from tests.store.sample import KEYS, ORG, SESSION, TTL, create


async def _strange(client: Redis, name: str, fields: dict[str, Any]) -> Confirmations:
    """A session whose hash is not as it should be; None takes a field away."""
    key = session_keys(ORG, name).session
    held: Any = await client.hgetall(KEYS.session)
    changed = {**{field.decode(): value for field, value in held.items()}, **fields}
    await client.hset(key, mapping={name: value for name, value in changed.items() if value})
    await client.pexpire(key, TTL)
    return Confirmations(ORG, name, await version_of(client), TTL)


WRONG: list[dict[str, Any]] = [
    {"schema": "2"},
    {"grace": None},
    {"grace": "x"},
    {"revision": None},
    {"injectedSpans": "many"},
    {"injectedSpans": str(2**63 - 1)},
]


@pytest.mark.parametrize("fields", WRONG, ids=repr)
async def test_what_is_wrong_with_one_session_is_no_matter_of_the_others_in_a_call(
    real_client: Redis, real_line: Line, fields: dict[str, Any]
) -> None:
    """They are confirmed and counted once; it is for the plain lane."""
    await create(real_client, "replay")
    await ready(real_client, real_line)
    strange = await _strange(real_client, "sess_strange", fields)
    others = [await confirmations(real_client), await _strange(real_client, "sess_other", {})]
    sizes = real_line.metrics.store_batches
    before, calls = await hits_of(real_client), sizes.buckets()[-1][1]
    batches = (others[0], strange, others[1])
    told = await asyncio.gather(*map(real_line.word, batches))
    assert [word for word, _ in told] == ["ok", "refused", "ok"]
    assert await hits_of(real_client) == before + 1
    assert sizes.buckets()[-1][1] == calls + 1


async def test_the_hops_of_a_turn_that_name_many_sessions_share_a_call(
    real_client: Redis, real_line: Line
) -> None:
    """Each hears of its own session."""
    await create(real_client, "replay")
    await ready(real_client, real_line)
    no_hash = session_keys(ORG, "sess_strange").session
    await real_client.set(no_hash, "no hash", px=TTL)
    version = await version_of(real_client)
    names = [(SESSION, version), ("sess_none", "1-x"), ("sess_strange", "1-x"), (SESSION, "1-x")]
    batches = [Confirmations(ORG, name, held, TTL) for name, held in names]
    sizes = real_line.metrics.store_batches
    before, calls = await hits_of(real_client), sizes.buckets()[-1][1]
    told = await asyncio.gather(*(real_line.word(batch) for batch in (*batches, batches[0])))
    assert [word for word, _ in told] == ["ok", "gone", "refused", "stale", "ok"]
    assert await hits_of(real_client) == before + 2
    assert sizes.buckets()[-1][1] == calls + 1
    assert await real_client.get(no_hash) == b"no hash"


async def test_a_full_store_confirms_the_hops_of_many_sessions(
    real_client: Redis, real_line: Line
) -> None:
    """Each writes next to nothing."""
    await create(real_client, "replay")
    await ready(real_client, real_line)
    batches = [await confirmations(real_client), await _strange(real_client, "sess_other", {})]
    await real_client.config_set("maxmemory", 1)
    try:
        told = await asyncio.gather(*map(real_line.word, batches))
    finally:
        await real_client.config_set("maxmemory", 0)
    assert [word for word, _ in told] == ["ok", "ok"]


async def test_a_word_that_is_to_come_soon_is_so_for_the_session_that_fills_a_call(
    real_client: Redis, real_line: Line
) -> None:
    """And for no later turn of it."""
    await create(real_client, "replay")
    pipe = await real_line.open()
    batches = [Confirmations(ORG, f"sess_{n}", "1-x", TTL) for n in range(MOST_AT_ONCE)]
    soon = perf_counter() + 0.5
    waiters = [Waiter() for _ in batches]
    for batch, waiter in zip(batches, waiters, strict=True):
        real_line.calls.join(batch, waiter, soon if batch is batches[-1] else inf)
    [(_, until)] = pipe._under_way
    assert until == soon
    assert {batch.until for batch in batches} == {inf}
    await asyncio.gather(*(waiter.future for waiter in waiters))


async def test_a_bug_in_what_is_sent_leaves_nobody_waiting(
    real_client: Redis, real_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another way is taken, and the next turn asks again."""
    await create(real_client, "replay")
    await ready(real_client, real_line)

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    batch = await confirmations(real_client)
    with monkeypatch.context() as patched:
        patched.setattr(Confirmations, "words", fail)
        assert (await real_line.word(batch))[0] == REFUSED
    assert (await real_line.word(batch))[0] == "ok"


async def test_a_server_that_wants_keys_of_one_slot_is_asked_by_session(
    real_client: Redis, real_line: Line
) -> None:
    """A cluster, be it of one server, behind a URL that does not say so."""
    await create(real_client, "replay")
    await ready(real_client, real_line)
    pipe = await real_line.open()
    batches = [Confirmations(ORG, name, "1-x", TTL) for name in ("sess_1", "sess_2")]
    waiting = [real_line.join(batch) for batch in batches]
    await asyncio.sleep(0)
    # What the server does say is for nobody.
    told, _until = pipe._under_way.pop()
    pipe._under_way.append((lambda _reply: None, inf))
    told(hiredis.ReplyError("CROSSSLOT Keys in request don't hash to the same slot"))
    assert [word for word, _ in await asyncio.gather(*waiting)] == [REFUSED] * 2
    assert (pipe.is_open, pipe.joins_keys) == (True, False)
    calls = real_line.metrics.store_batches.buckets()[-1][1]
    told_apart = await asyncio.gather(*map(real_line.word, batches))
    assert [word for word, _ in told_apart] == ["gone"] * 2
    assert real_line.metrics.store_batches.buckets()[-1][1] == calls + 2


async def test_a_call_carries_no_more_than_so_many_sessions(
    real_client: Redis, real_line: Line
) -> None:
    """So that the store begins while the others are read."""
    await create(real_client, "replay")
    await ready(real_client, real_line)
    batches = [Confirmations(ORG, f"sess_{n}", "1-x", TTL) for n in range(2 * MOST_AT_ONCE + 1)]
    sizes = real_line.metrics.store_batches
    calls = sizes.buckets()[-1][1]
    told = await asyncio.gather(*map(real_line.word, batches))
    assert {word for word, _ in told} == {"gone"}
    assert sizes.buckets()[-1][1] == calls + 3


async def test_sessions_of_a_cluster_have_calls_of_their_own(client: Redis, line: Line) -> None:
    """Theirs are keys of different slots; elsewhere one call names them all."""
    await create(client, "replay")
    await line.open()
    others = [Confirmations(ORG, f"sess_{n}", "1-x", TTL) for n in range(20)]
    for _ in range(500):
        words = [word for word, _ in await asyncio.gather(*map(line.word, others))]
        if set(words) == {"gone"}:
            return
        # Pipes to other nodes open, and servers get to know the script.
        await asyncio.sleep(0.01)
    raise AssertionError(words)

"""Pipes: the hot path's scripts over connections of its own, in every form of store."""

import asyncio
import contextlib

import pytest
from redis.asyncio import Redis

from app.store.confirmations import Confirmations
from app.store.hot_calls import LOST, REFUSED
from app.store.hot_spans import MAX_BATCH_BYTES, HotSpans
from app.store.pipe import Pipe
from tests.store.lines import SECONDS, Line, confirmations, hits_of, version_of
from tests.store.sample import KEYS, ORG, SESSION, TTL, create


async def test_the_hops_of_a_turn_are_confirmed_and_counted_by_one_call(
    client: Redis, line: Line
) -> None:
    """On every form of store; each waiter hears the word."""
    await create(client, "replay")
    await line.open()
    batch = await confirmations(client)
    waiting = []
    for is_hit in (True, False, True):
        batch.misses += not is_hit
        waiting.append(line.join(batch))
    assert [word for word, _ in await asyncio.gather(*waiting)] in (
        ["ok"] * 3,
        # A server that has not seen the script makes no call, and gets its text with the next.
        [REFUSED] * 3,
    )
    before = await hits_of(client)
    assert (await line.word(batch))[0] == "ok"
    assert await hits_of(client) == before + 1
    sizes = line.metrics.store_batches
    assert (sizes.total, sizes.buckets()[-1][1]) == (3 + 1, 2)


async def test_a_session_that_is_to_live_on_is_for_another_script(
    client: Redis, line: Line
) -> None:
    """The one that confirms sees its hash alone; nothing is counted."""
    await create(client, "replay")
    await line.open()
    batch = Confirmations(ORG, SESSION, await version_of(client), 2 * TTL)
    for _ in range(2):
        word, _values = await line.word(batch)
    assert word == "due"
    assert await hits_of(client) == 0


async def test_a_change_since_the_decision_and_an_ended_session_count_nothing(
    client: Redis, line: Line
) -> None:
    """The words are `stale` and `gone`."""
    await create(client, "replay")
    await line.open()
    batch = await confirmations(client)
    batch.misses += 1
    await line.word(batch)
    await client.hset(KEYS.session, "revision", "2")
    assert (await line.word(batch))[0] == "stale"
    assert await hits_of(client) == 0
    await client.delete(KEYS.session)
    assert (await line.word(batch))[0] == "gone"
    assert not await client.exists(KEYS.session)


async def test_the_uploads_of_a_turn_are_kept_by_one_call(client: Redis, line: Line) -> None:
    """In order, each span once; a change of the rules keeps none."""
    await create(client)
    await line.open()
    batch = HotSpans(ORG, SESSION, await version_of(client), TTL, 1000)
    assert batch.add([(b"0", b"warm-up")])
    await line.word(batch)
    waiting = []
    for spans in ([(b"1", b"one"), (b"2", b"two")], [(b"1", b"one"), (b"3", b"three")]):
        assert batch.add(spans)
        waiting.append(line.join(batch))
    told = await asyncio.gather(*waiting)
    assert [(word, values[:2]) for word, values in told] == [("ok", [3, 0])] * 2
    kept = await client.lrange(KEYS.spans, -3, -1)
    assert kept == [b"one", b"two", b"three"]
    await client.hset(KEYS.session, "revision", "2")
    assert batch.add([(b"4", b"four")])
    assert (await line.word(batch))[0] == "stale"


def test_a_batch_of_spans_takes_no_more_than_its_bound() -> None:
    """But always one upload, however large it is."""
    batch = HotSpans(ORG, SESSION, "1-t", TTL, 1000)
    assert batch.add([(b"1", b"x" * (MAX_BATCH_BYTES + 1))])
    assert not batch.add([(b"2", b"x")])


async def test_what_there_was_no_pipe_for_is_not_asked_later(
    real_client: Redis, real_line: Line
) -> None:
    """Another way has been taken for it: it would count twice."""
    await create(real_client)
    hops = await confirmations(real_client)
    spans = HotSpans(ORG, SESSION, await version_of(real_client), TTL, 1000)
    assert spans.add([(b"1", b"one")])
    for batch in (hops, spans):
        assert (await real_line.word(batch))[0] == REFUSED
    await real_line.open()
    for batch in (hops, spans, hops, spans):
        hops.misses += batch is hops
        await real_line.word(batch)
    assert await hits_of(real_client) == 0
    assert await real_client.llen(KEYS.spans) == 0


async def test_a_server_that_forgot_the_script_gets_its_text(
    real_client: Redis, real_line: Line
) -> None:
    """After one call that was not made."""
    await create(real_client, "replay")
    await real_line.open()
    batch = await confirmations(real_client)
    # The first may find that the server does not know it yet.
    for _ in range(2):
        batch.misses += 1
        await real_line.word(batch)
    await real_client.script_flush()
    assert (await real_line.word(batch))[0] == REFUSED
    assert await hits_of(real_client) == 0
    assert (await real_line.word(batch))[0] == "ok"
    assert await hits_of(real_client) == 1


async def test_a_call_that_a_full_store_refuses_costs_the_others_nothing(
    real_client: Redis, real_line: Line
) -> None:
    """The pipe goes on: a hop writes next to nothing."""
    await create(real_client)
    pipe = await real_line.open()
    version = await version_of(real_client)
    spans, hops = HotSpans(ORG, SESSION, version, TTL, 1000), await confirmations(real_client)
    for batch in (spans, hops):
        for _ in range(2):
            await real_line.word(batch)
    await real_client.config_set("maxmemory", 1)
    try:
        assert spans.add([(b"1", b"one")])
        assert (await real_line.word(spans))[0] == REFUSED
        assert (await real_line.word(hops))[0] == "ok"
    finally:
        await real_client.config_set("maxmemory", 0)
    assert await real_line.open() is pipe


async def test_a_pipe_that_breaks_tells_its_waiters_and_is_made_anew(
    real_client: Redis, real_line: Line
) -> None:
    """By itself, without a call that fails again."""
    await create(real_client, "replay")
    first = await real_line.open()
    batch = await confirmations(real_client)
    await real_line.word(batch)
    waiting = real_line.join(batch)
    await asyncio.sleep(0)
    first.abandon()
    assert (await asyncio.wait_for(waiting, SECONDS))[0] in (LOST, "ok")
    second = await real_line.open()
    assert second is not first
    assert (await real_line.word(batch))[0] == "ok"


async def test_a_silent_server_is_given_up_and_nobody_waits_for_long(
    real_client: Redis, real_line: Line
) -> None:
    """What was asked may have been done: its waiters hear that the word is lost."""
    await create(real_client, "replay")
    pipe = await real_line.open()
    batch = await confirmations(real_client)
    await real_line.word(batch)
    await real_client.client_pause(int(SECONDS * 1000), all=True)
    try:
        assert (await real_line.word(batch, seconds=0.2))[0] == LOST
        assert not pipe.is_open
    finally:
        await real_client.client_unpause()
    faults = {
        sample.labels["reason"]: sample.value
        for family in real_line.metrics.store_faults.collect()
        for sample in family.samples
        if sample.name.endswith("_total")
    }
    assert faults["connection"] == 1


async def test_a_refusal_of_the_server_itself_ends_the_pipe(
    real_client: Redis, real_line: Line
) -> None:
    """As after a failover, when it has become a replica."""
    await create(real_client, "replay")
    pipe = await real_line.open()
    batch = await confirmations(real_client)
    await real_line.word(batch)
    await real_client.replicaof("127.0.0.1", "1")
    try:
        assert (await real_line.word(batch))[0] == REFUSED
        assert not pipe.is_open
    finally:
        await real_client.replicaof("NO", "ONE")


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"+PONG\r\n"])
async def test_what_is_no_answer_ends_the_pipe(said: bytes) -> None:
    """Bytes of another protocol, and an answer to nothing."""
    gone = asyncio.Event()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        gone.set()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        _, pipe = await loop.create_connection(lambda: Pipe(loop), "127.0.0.1", port)
        await asyncio.wait_for(gone.wait(), SECONDS)
        assert not pipe.is_open

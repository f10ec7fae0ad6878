"""Pipes: the hot path's scripts over connections of its own, in every form of store."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from math import inf
from time import perf_counter
from typing import Any

import hiredis
import pytest
from redis.asyncio import Redis

from app.store.confirmations import Confirmations
from app.store.hot_calls import LOST, MOST_AT_ONCE, REFUSED, Batch, HotCalls
from app.store.hot_spans import MAX_BATCH_BYTES, HotSpans
from app.store.keys import session_keys
from app.store.pipe import Pipe
from app.store.pipes import Pipes, source_of
from app.store.watch import StoreWatch
from app.telemetry.metrics import Metrics
from tests.store.sample import KEYS, ORG, SESSION, TTL, create

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
        waiter = _Waiter()
        batch.hasten(perf_counter() + seconds)
        self.calls.join(batch, waiter)
        return waiter.future


class _Waiter:
    def __init__(self) -> None:
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    @staticmethod
    def tell(waiters: "Sequence[_Waiter]", word: str, values: Sequence[Any]) -> None:
        """Keep the word."""
        for waiter in waiters:
            waiter.future.set_result((word, values))


@pytest.fixture
async def line(client: Redis) -> AsyncIterator[Line]:
    """A line to each kind of store that has connections."""
    if source_of(client) is None:
        pytest.skip("fakeredis has no connection to make a pipe of")
    await client.ping()
    made = Line(client)
    yield made
    await made.pipes.close()


@pytest.fixture
async def real_line(real_client: Redis) -> AsyncIterator[Line]:
    """A line to a real server."""
    made = Line(real_client)
    yield made
    await made.pipes.close()


async def _version(client: Redis) -> str:
    held: Any = await client.hmget(KEYS.session, ["revision", "tag"])
    return b"-".join(held).decode()


async def _confirmations(client: Redis) -> Confirmations:
    return Confirmations(ORG, SESSION, await _version(client), TTL)


async def _hits(client: Redis) -> int:
    return int(await client.hget(KEYS.session, "injectedSpans") or 0)


async def test_the_hops_of_a_turn_are_confirmed_and_counted_by_one_call(
    client: Redis, line: Line
) -> None:
    """On every form of store; each waiter hears the word."""
    await create(client, "replay")
    await line.open()
    batch = await _confirmations(client)
    waiting = []
    for is_hit in (True, False, True):
        batch.misses += not is_hit
        waiting.append(line.join(batch))
    assert [word for word, _ in await asyncio.gather(*waiting)] in (
        ["ok"] * 3,
        # A server that has not seen the script makes no call, and gets its text with the next.
        [REFUSED] * 3,
    )
    before = await _hits(client)
    assert (await line.word(batch))[0] == "ok"
    assert await _hits(client) == before + 1
    sizes = line.metrics.store_batches
    assert (sizes.total, sizes.buckets()[-1][1]) == (3 + 1, 2)


async def _ready(client: Redis, line: Line) -> None:
    """Have the servers know the script."""
    warm = Confirmations(ORG, SESSION, "0-none", TTL)
    await line.open()
    for _ in range(2):
        await line.word(warm)


async def test_the_hops_of_a_turn_that_name_many_sessions_share_a_call(
    real_client: Redis, real_line: Line
) -> None:
    """Each hears of its own session; what is wrong with one is no matter of the others."""
    await create(real_client, "replay")
    await _ready(real_client, real_line)
    version = await _version(real_client)
    strange = session_keys(ORG, "sess_strange").session
    await real_client.set(strange, "no hash", px=TTL)
    names = [(SESSION, version), ("sess_none", "1-x"), ("sess_strange", "1-x")]
    batches = [Confirmations(ORG, name, held, TTL) for name, held in names]
    sizes = real_line.metrics.store_batches
    before, calls = await _hits(real_client), sizes.buckets()[-1][1]
    told = await asyncio.gather(*(real_line.word(batch) for batch in (*batches, batches[0])))
    assert [word for word, _ in told] == ["ok", "gone", "refused", "ok"]
    assert await _hits(real_client) == before + 2
    assert sizes.buckets()[-1][1] == calls + 1
    assert await real_client.get(strange) == b"no hash"


async def test_a_server_that_wants_keys_of_one_slot_is_asked_by_session(
    real_client: Redis, real_line: Line
) -> None:
    """A cluster, be it of one server, behind a URL that does not say so."""
    await create(real_client, "replay")
    await _ready(real_client, real_line)
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
    await _ready(real_client, real_line)
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


async def test_a_session_that_is_to_live_on_is_for_another_script(
    client: Redis, line: Line
) -> None:
    """The one that confirms sees its hash alone; nothing is counted."""
    await create(client, "replay")
    await line.open()
    batch = Confirmations(ORG, SESSION, await _version(client), 2 * TTL)
    for _ in range(2):
        word, _values = await line.word(batch)
    assert word == "due"
    assert await _hits(client) == 0


async def test_a_change_since_the_decision_and_an_ended_session_count_nothing(
    client: Redis, line: Line
) -> None:
    """The words are `stale` and `gone`."""
    await create(client, "replay")
    await line.open()
    batch = await _confirmations(client)
    batch.misses += 1
    await line.word(batch)
    await client.hset(KEYS.session, "revision", "2")
    assert (await line.word(batch))[0] == "stale"
    assert await _hits(client) == 0
    await client.delete(KEYS.session)
    assert (await line.word(batch))[0] == "gone"
    assert not await client.exists(KEYS.session)


async def test_the_uploads_of_a_turn_are_kept_by_one_call(client: Redis, line: Line) -> None:
    """In order, each span once; a change of the rules keeps none."""
    await create(client)
    await line.open()
    batch = HotSpans(ORG, SESSION, await _version(client), TTL, 1000)
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
    hops = await _confirmations(real_client)
    spans = HotSpans(ORG, SESSION, await _version(real_client), TTL, 1000)
    assert spans.add([(b"1", b"one")])
    for batch in (hops, spans):
        assert (await real_line.word(batch))[0] == REFUSED
    await real_line.open()
    for batch in (hops, spans, hops, spans):
        hops.misses += batch is hops
        await real_line.word(batch)
    assert await _hits(real_client) == 0
    assert await real_client.llen(KEYS.spans) == 0


async def test_a_server_that_forgot_the_script_gets_its_text(
    real_client: Redis, real_line: Line
) -> None:
    """After one call that was not made."""
    await create(real_client, "replay")
    await real_line.open()
    batch = await _confirmations(real_client)
    # The first may find that the server does not know it yet.
    for _ in range(2):
        batch.misses += 1
        await real_line.word(batch)
    await real_client.script_flush()
    assert (await real_line.word(batch))[0] == REFUSED
    assert await _hits(real_client) == 0
    assert (await real_line.word(batch))[0] == "ok"
    assert await _hits(real_client) == 1


async def test_a_call_that_a_full_store_refuses_costs_the_others_nothing(
    real_client: Redis, real_line: Line
) -> None:
    """The pipe goes on: a hop writes next to nothing."""
    await create(real_client)
    pipe = await real_line.open()
    version = await _version(real_client)
    spans, hops = HotSpans(ORG, SESSION, version, TTL, 1000), await _confirmations(real_client)
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
    batch = await _confirmations(real_client)
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
    batch = await _confirmations(real_client)
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
    batch = await _confirmations(real_client)
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

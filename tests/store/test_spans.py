"""Buffered spans: what goes in comes out, in order, a page at a time."""

from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from app.errors import ApiError
from app.store import again, scripts
from app.store.keys import session_keys
from app.store.script import Reply
from app.store.sessions import SessionStore
from app.store.spans import PAGE_BYTES, PAGE_SPANS, Known, LongSpan, SpanStore

TTL = 60_000
ORG = "default"


async def read(store: SpanStore, session_id: str) -> list[list[bytes]]:
    """The pages of a session's spans; a long span is one by itself."""
    return [
        [b"".join([part async for part in page.parts()])] if isinstance(page, LongSpan) else page
        async for page in store.pages(ORG, session_id)
    ]


@pytest.mark.parametrize("count", [0, 1, PAGE_SPANS, 2 * PAGE_SPANS + 1])
async def test_spans_come_back_in_the_order_of_their_arrival(client: Redis, count: int) -> None:
    """Pages together are all that was kept, whatever the count."""
    session_id, _ = await SessionStore(client, TTL).create(ORG, "capture", "{}")
    spans = SpanStore(client, TTL, max_bytes=100_000)
    sent = [(b"id%d" % n, b"payload \x00 %d" % n) for n in range(count)]
    kept = await spans.append(ORG, session_id, sent)
    pages = await read(spans, session_id)
    assert kept == (count, 0)
    assert [payload for page in pages for payload in page] == [payload for _, payload in sent]
    assert all(len(page) <= PAGE_SPANS for page in pages)


KIB = 1024


@pytest.mark.parametrize(
    "sizes",
    [
        [1] * 100 + [400 * KIB] * 7 + [1] * 100,
        [3 * PAGE_BYTES, 1, 3 * PAGE_BYTES],
        [PAGE_BYTES // 2, PAGE_BYTES // 2, 1],
        [1, PAGE_BYTES + 1, 1],
        [20 * KIB] * 300,
    ],
)
async def test_a_page_is_bounded_by_bytes(client: Redis, sizes: list[int]) -> None:
    """Whatever the spans' lengths: a span that is longer is not read whole."""
    session_id, _ = await SessionStore(client, TTL).create(ORG, "capture", "{}")
    spans = SpanStore(client, TTL, max_bytes=sum(sizes))
    for n, size in enumerate(sizes):
        assert await spans.append(ORG, session_id, [(b"%d" % n, b"x" * size)]) == (1, 0)
    pages = await read(spans, session_id)
    assert [len(span) for page in pages for span in page] == sizes
    assert all(len(page) == 1 or sum(map(len, page)) <= PAGE_BYTES for page in pages)


async def test_a_long_span_comes_in_parts(client: Redis) -> None:
    """None longer than a page, and none at all once it is gone."""
    session_id, _ = await SessionStore(client, TTL).create(ORG, "capture", "{}")
    spans = SpanStore(client, TTL, max_bytes=10 * PAGE_BYTES)
    payload = b"0123456789" * (PAGE_BYTES // 4)
    await spans.append(ORG, session_id, [(b"1", payload)])
    [span] = [page async for page in spans.pages(ORG, session_id)]
    assert isinstance(span, LongSpan)
    parts = [part async for part in span.parts()]
    assert (b"".join(parts), max(map(len, parts))) == (payload, PAGE_BYTES)
    await client.delete(session_keys(ORG, session_id).spans)
    assert [part async for part in span.parts()] == []


async def test_spans_of_an_unknown_session_are_refused(client: Redis) -> None:
    """Nothing is stored for a session that does not exist."""
    spans = SpanStore(client, TTL, max_bytes=10)
    with pytest.raises(ApiError) as refused:
        await spans.append(ORG, "sess_unknown", [(b"1", b"a")])
    assert refused.value.name == "session_not_found"


async def test_what_is_known_of_spans_is_told_before_they_come(client: Redis) -> None:
    """Which were seen, how much more there is room for, and whether any are kept at all."""
    sessions, spans = SessionStore(client, TTL), SpanStore(client, TTL, max_bytes=10)
    session_id, _ = await sessions.create(ORG, "capture", "{}")
    await spans.append(ORG, session_id, [(b"1", b"aaaa")])
    assert await spans.known(ORG, session_id, [b"1", b"2"]) == Known(True, 6, frozenset({b"1"}))
    counting, _ = await sessions.create(ORG, "replay", "{}")
    assert await spans.known(ORG, counting, [b"1"]) == Known(False, 10, frozenset())


async def test_a_span_without_a_payload_counts_only_where_it_was_seen(client: Redis) -> None:
    """Else it is refused, and may still come with one; a session that keeps none counts it."""
    sessions, spans = SessionStore(client, TTL), SpanStore(client, TTL, max_bytes=10)
    session_id, _ = await sessions.create(ORG, "capture", "{}")
    sent = [(b"1", b"aaaa"), (b"1", b""), (b"2", b"")]
    assert await spans.append(ORG, session_id, sent) == (1, 1)
    assert await spans.append(ORG, session_id, [(b"2", b"bb")]) == (1, 0)
    counting, _ = await sessions.create(ORG, "replay", "{}")
    assert await spans.append(ORG, counting, [(b"1", b""), (b"2", b"")]) == (2, 0)


@pytest.mark.parametrize("mode", ["capture", "replay"])
async def test_a_span_that_comes_twice_in_one_call_is_kept_once(client: Redis, mode: str) -> None:
    """Side by side or far apart: the script looks at some of the spans at a time."""
    session_id, _ = await SessionStore(client, TTL).create(ORG, mode, "{}")
    spans = SpanStore(client, TTL, max_bytes=100_000)
    once = [(b"id%d" % n, b"payload %d" % n) for n in range(2500)]
    again_later = [(identity, b"other") for identity, _ in once]
    twice = [span for pair in zip(once, again_later, strict=True) for span in pair]
    assert await spans.append(ORG, session_id, [*twice, *again_later]) == (2500, 0)
    kept = [payload for page in await read(spans, session_id) for payload in page]
    assert kept == ([payload for _, payload in once] if mode == "capture" else [])
    assert await spans.append(ORG, session_id, once) == (0, 0)


async def test_a_span_without_room_may_still_come_smaller_in_the_same_call(client: Redis) -> None:
    """Only what is kept counts as seen."""
    session_id, _ = await SessionStore(client, TTL).create(ORG, "capture", "{}")
    spans = SpanStore(client, TTL, max_bytes=10)
    sent = [(b"1", b"a" * 11), (b"1", b"b"), (b"1", b"c")]
    assert await spans.append(ORG, session_id, sent) == (1, 1)
    assert await read(spans, session_id) == [[b"b"]]


async def test_a_fault_in_the_middle_of_reading_is_passed_over(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice; a store that stays away is a refusal."""
    session_id, _ = await SessionStore(client, TTL).create(ORG, "capture", "{}")
    store = SpanStore(client, TTL, max_bytes=100)
    await store.append(ORG, session_id, [(b"1", b"payload")])
    ask, silences = scripts.read_spans, 2

    async def falters(*asked: Any, **arguments: Any) -> Reply:
        nonlocal silences
        silences -= 1
        if silences >= 0:
            raise RedisConnectionError("reset")
        return await ask(*asked, **arguments)

    monkeypatch.setattr(scripts, "read_spans", falters)
    monkeypatch.setattr(again, "PAUSES", (0.001, 0.001))
    assert await read(store, session_id) == [[b"payload"]]
    silences = 3
    with pytest.raises(ApiError):
        await read(store, session_id)

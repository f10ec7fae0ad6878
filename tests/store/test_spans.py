"""Buffered spans: what goes in comes out, in order, a page at a time."""

import pytest
from redis.asyncio import Redis

from app.errors import ApiError
from app.store.sessions import SessionStore
from app.store.spans import PAGE_SPANS, Known, SpanStore

TTL = 60_000
ORG = "default"


@pytest.mark.parametrize("count", [0, 1, PAGE_SPANS, 2 * PAGE_SPANS + 1])
async def test_spans_come_back_in_the_order_of_their_arrival(client: Redis, count: int) -> None:
    """Pages together are all that was kept, whatever the count."""
    session_id, _ = await SessionStore(client, TTL).create(ORG, "capture", "{}")
    spans = SpanStore(client, TTL, max_bytes=10_000)
    sent = [(b"id%d" % n, b"payload \x00 %d" % n) for n in range(count)]
    kept = await spans.append(ORG, session_id, sent)
    pages = [page async for page in spans.pages(ORG, session_id)]
    assert kept == (count, 0)
    assert [payload for page in pages for payload in page] == [payload for _, payload in sent]
    assert all(len(page) <= PAGE_SPANS for page in pages)


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

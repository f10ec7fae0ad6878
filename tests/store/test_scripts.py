"""Each Lua script by itself: success, missing session, wrong state, repetition, expiry, races."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from redis.asyncio import Redis

from app.store import scripts
from app.store.keys import org_keys
from app.store.script import Reply
from tests.store.sample import (
    GRACE,
    KEYS,
    ORG,
    TTL,
    begin,
    create,
    lapse,
    load,
    post_rules,
    stage,
)


async def replace(client: Redis, *fields: str) -> Reply:
    """Replace fields of the sample session."""
    return await scripts.replace_document(client, KEYS, ttl_ms=TTL, tag="t", fields=fields)


async def append(client: Redis, *items: bytes, max_bytes: int = 1000) -> Reply:
    """Append spans to the sample session; of the reply, what is new and what was over the limit."""
    word, values = await append_within(client, *items, max_bytes=max_bytes, room=-1)
    return Reply(word, values[:2])


async def append_within(client: Redis, *items: bytes, room: int, max_bytes: int = 1000) -> Reply:
    """Append spans to the sample session, as far as there is room."""
    return await scripts.append_spans(
        client, KEYS, max_bytes=max_bytes, room=room, ttl_ms=TTL, version="", items=items
    )


async def test_creating_twice_takes_the_id_once(client: Redis) -> None:
    """An id that is in use is not overwritten."""
    await create(client)
    reply = await scripts.create_session(
        client, KEYS, mode="replay", policy="{}", project="", grace_ms=0, ttl_ms=TTL, tag="t"
    )
    assert reply.word == "taken"
    assert await client.hget(KEYS.session, "mode") == b"capture"


async def test_a_session_starts_at_revision_1_by_the_stores_clock(client: Redis) -> None:
    """The reply's time of creation is the one that is stored."""
    reply = await scripts.create_session(
        client, KEYS, mode="replay", policy="{}", project="", grace_ms=0, ttl_ms=TTL, tag="t"
    )
    assert await client.hmget(KEYS.session, "revision", "createdAt") == [b"1", reply.values[0]]
    seconds, _ = await client.time()
    assert abs(int(reply.values[0]) - seconds * 1000) < 60_000


async def test_each_replacement_adds_one_revision(client: Redis) -> None:
    """The reply carries the revision that the write made."""
    await create(client)
    assert await replace(client, "rules", "{}", "ruleCount", "0") == ("ok", [2])
    assert await replace(client, "policy", "{}") == ("ok", [3])


async def test_concurrent_replacements_get_distinct_consecutive_revisions(client: Redis) -> None:
    """No two writers are told the same revision, and none is skipped."""
    await create(client)
    replies = await asyncio.gather(*(replace(client, "policy", "{}") for _ in range(50)))
    assert sorted(reply.values[0] for reply in replies) == list(range(2, 52))


async def test_a_page_of_spans_begins_where_it_is_asked_to(client: Redis) -> None:
    """It ends at the number of spans or bytes; of a span too long for it the length is told."""
    await create(client)
    await append(client, b"1", b"aa", b"2", b"bb", b"3", b"cc", b"4", b"dd")
    life = await client.pttl(KEYS.spans)

    async def page(start: int, max_spans: int, max_bytes: int) -> object:
        reply = await scripts.read_spans(
            client, KEYS, start=start, max_spans=max_spans, max_bytes=max_bytes
        )
        return reply.values[0]

    assert await page(1, 2, 100) == [b"bb", b"cc"]
    assert await page(0, 10, 5) == [b"aa", b"bb"]
    assert await page(2, 10, 1) == len("cc")
    assert await page(3, 10, 100) == [b"dd"]
    assert await page(4, 10, 100) == []
    assert await client.pttl(KEYS.spans) <= life


async def test_loading_a_case_replaces_it_and_adds_a_revision(client: Redis) -> None:
    """Case, its id, count and rules come together with the revision."""
    await create(client, "replay")
    for case_id in ("one", "two"):
        reply = await load(client, case_id=case_id)
    assert reply == ("ok", [3])
    assert await client.hmget(KEYS.session, "caseId", "traceCount") == [b"two", b"3"]
    assert await client.pttl(KEYS.case) > 0


Change = Callable[[Redis], Awaitable[Reply]]

CHANGES: dict[str, Change] = {
    "replace_document": lambda client: replace(client, "policy", "{}"),
    "replace_rules": post_rules,
    "stage_case": lambda client: stage(client, b"f", b"v"),
    "load_case": load,
    "extend_case": lambda client: scripts.extend_case(client, KEYS, case_tag="t", fields=()),
    "append_spans": lambda client: append(client, b"id", b"payload"),
    "touch_session": lambda client: scripts.touch_session(client, KEYS, ttl_ms=TTL),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_session_that_never_was_is_gone(client: Redis, name: str) -> None:
    """Nothing is created by a change to an unknown session."""
    assert await CHANGES[name](client) == ("gone", [])
    assert await client.dbsize() == 0


@pytest.mark.parametrize("name", CHANGES)
async def test_a_lapsed_capture_session_is_gone_and_not_revived(client: Redis, name: str) -> None:
    """Once the life after the last use is over, only the sweeper may touch the session."""
    await create(client)
    await lapse(client)
    assert await CHANGES[name](client) == ("gone", [])
    assert await client.pttl(KEYS.session) < GRACE
    assert await client.hget(KEYS.session, "revision") == b"1"


@pytest.mark.parametrize("name", CHANGES)
async def test_a_session_that_is_being_closed_takes_no_change(client: Redis, name: str) -> None:
    """While the outcome of a close is open, changes are told to come again."""
    await create(client)
    await begin(client)
    assert await CHANGES[name](client) == ("closing", [])


@pytest.mark.parametrize("name", CHANGES)
async def test_a_closed_session_is_gone(client: Redis, name: str) -> None:
    """A tombstone is no session."""
    await create(client, "replay")
    assert await begin(client) == "done"
    assert await CHANGES[name](client) == ("gone", [])


async def test_a_touch_gives_all_keys_their_full_life(client: Redis) -> None:
    """Renewal reaches the spans as well as the session."""
    await create(client)
    await append(client, b"id", b"payload")
    for key in KEYS:
        await client.pexpire(key, GRACE + TTL // 4)
    await scripts.touch_session(client, KEYS, ttl_ms=TTL)
    for key in (KEYS.session, KEYS.spans, KEYS.seen):
        assert await client.pttl(key) > GRACE + TTL / 2


async def test_decisions_are_counted_with_the_last_strict_miss(client: Redis) -> None:
    """A later hit leaves the last strict miss as it was."""
    await create(client, "replay")
    for counter, miss in (("strictMisses", '{"path":"/a"}'), ("injectedSpans", "")):
        reply = await scripts.count_decision(
            client, KEYS, counter=counter, strict_miss=miss, ttl_ms=TTL
        )
        assert reply.word == "ok"
    held = await client.hmget(KEYS.session, "strictMisses", "injectedSpans", "lastStrictMiss")
    assert held == [b"1", b"1", b'{"path":"/a"}']


async def test_a_count_never_resurrects_a_session(client: Redis) -> None:
    """Counting for a session that has expired leaves no hash behind."""
    reply = await scripts.count_decision(
        client, KEYS, counter="injectedSpans", strict_miss="", ttl_ms=TTL
    )
    assert reply.word == "gone"
    assert await client.exists(KEYS.session) == 0


async def test_a_span_is_kept_once_however_often_it_is_sent(client: Redis) -> None:
    """Within an upload and across retries the identity decides."""
    await create(client)
    assert await append(client, b"1", b"a", b"2", b"b", b"1", b"a") == ("ok", [2, 0])
    assert await append(client, b"2", b"b", b"3", b"c") == ("ok", [1, 0])
    assert await client.lrange(KEYS.spans, 0, -1) == [b"a", b"b", b"c"]
    assert await client.hget(KEYS.session, "extractedSpans") == b"3"


async def test_concurrent_retries_keep_a_span_once(client: Redis) -> None:
    """Twenty deliveries of one span are one span."""
    await create(client)
    await asyncio.gather(*(append(client, b"1", b"a") for _ in range(20)))
    assert len(await client.lrange(KEYS.spans, 0, -1)) == 1
    assert await client.hget(KEYS.session, "extractedSpans") == b"1"


async def test_a_span_over_the_limit_is_refused_alone(client: Redis) -> None:
    """A span that fits is kept though one before it did not; the refused one may come again."""
    await create(client)
    reply = await append(client, b"1", b"aaaa", b"2", b"b" * 20, b"3", b"cc", max_bytes=10)
    assert reply == ("ok", [2, 1])
    assert await client.lrange(KEYS.spans, 0, -1) == [b"aaaa", b"cc"]
    assert await client.sismember(KEYS.seen, "2") == 0


async def test_spans_for_which_there_is_no_room_are_told_apart(client: Redis) -> None:
    """What was kept before needs none, and what is small may still fit; the total is told."""
    await create(client)
    await append(client, b"1", b"aaaa")
    sent = (b"1", b"aaaa", b"2", b"bb", b"3", b"ccc", b"4", b"d")
    assert await append_within(client, *sent, room=3) == ("ok", [2, 0, 1, 7])
    assert await append_within(client, *sent, room=0) == ("ok", [0, 0, 1, 7])
    assert await append_within(client, *sent, room=9, max_bytes=9) == ("ok", [0, 1, 0, 7])


async def test_other_modes_count_spans_without_keeping_them(client: Redis) -> None:
    """A replay session's uploads are counted once each and stored nowhere."""
    await create(client, "replay")
    await append(client, b"1", b"a", b"1", b"a")
    assert await client.hget(KEYS.session, "extractedSpans") == b"1"
    assert await client.exists(KEYS.spans) == 0


async def test_only_one_of_many_begins_a_close(client: Redis) -> None:
    """One owner is to flush, the others are told that it is closing."""
    await create(client)
    words = await asyncio.gather(*(begin(client, str(n)) for n in range(20)))
    assert sorted(words) == ["closing"] * 19 + ["flush"]


async def test_a_session_of_another_mode_closes_at_once_for_one_caller(client: Redis) -> None:
    """One close is done, the others find it closed."""
    await create(client, "replay")
    words = await asyncio.gather(*(begin(client, str(n)) for n in range(20)))
    assert sorted(words) == ["closed"] * 19 + ["done"]


async def test_an_abandoned_close_is_taken_over_and_the_former_owner_fenced_off(
    client: Redis,
) -> None:
    """After the lease a second owner may flush; the first can neither commit, abort nor renew."""
    await create(client)
    await append(client, b"1", b"a")
    assert await begin(client, "slow", lease_ms=0) == "flush"
    assert await begin(client, "next") == "flush"
    for script in (
        scripts.commit_close(client, KEYS, owner="slow", tombstone_ms=TTL),
        scripts.abort_close(client, KEYS, owner="slow"),
        scripts.renew_lease(client, KEYS, owner="slow", lease_ms=TTL),
    ):
        assert (await script).word == "lost"
    assert len(await client.lrange(KEYS.spans, 0, -1)) == 1
    assert (await scripts.commit_close(client, KEYS, owner="next", tombstone_ms=TTL)).word == "ok"


async def test_a_commit_leaves_only_a_tombstone(client: Redis) -> None:
    """After it a close finds the session closed, and its spans are gone."""
    await create(client)
    await append(client, b"1", b"a")
    await begin(client)
    await scripts.commit_close(client, KEYS, owner="a", tombstone_ms=TTL)
    assert await begin(client) == "closed"
    assert await client.exists(*KEYS) == 1
    assert 0 < await client.pttl(KEYS.session) <= TTL


async def test_an_abort_reopens_with_all_spans(client: Redis) -> None:
    """What was refused can be closed again, and takes changes until then."""
    await create(client)
    await append(client, b"1", b"a")
    await begin(client)
    assert (await scripts.abort_close(client, KEYS, owner="a")).word == "ok"
    assert await append(client, b"2", b"b") == ("ok", [1, 0])
    assert await begin(client, "b") == "flush"


async def test_a_renewed_lease_keeps_others_out(client: Redis) -> None:
    """An owner that shows signs of life is not replaced."""
    await create(client)
    await begin(client, "a", lease_ms=0)
    assert (await scripts.renew_lease(client, KEYS, owner="a", lease_ms=TTL)).word == "ok"
    assert await begin(client, "b") == "closing"


async def test_the_sweeper_leaves_live_sessions_alone(client: Redis) -> None:
    """It is told how long the session lives yet."""
    await create(client)
    reply = await scripts.begin_close(
        client, KEYS, owner="s", lease_ms=TTL, tombstone_ms=TTL, lapsed=True
    )
    assert reply.word == "live"
    assert 0 < reply.values[0] <= TTL


async def test_the_sweeper_flushes_what_has_lapsed_and_callers_do_not(client: Redis) -> None:
    """A lapsed capture session is gone for a caller's close, but not for the sweeper's."""
    await create(client)
    await lapse(client)
    assert await begin(client) == "gone"
    assert await begin(client, "s", lapsed=True) == "flush"


async def test_the_index_of_captures_keeps_the_newest(client: Redis) -> None:
    """The oldest ids fall out of both the order and the entries."""
    keys = org_keys(ORG)
    for capture_id in ("c1", "c2", "c3"):
        await scripts.index_capture(
            client, keys, capture_id=capture_id, entry="{}", keep=2, ttl_ms=TTL
        )
    assert await client.zrange(keys.captures, 0, -1) == [b"c2", b"c3"]
    assert sorted(await client.hkeys(keys.entries)) == [b"c2", b"c3"]

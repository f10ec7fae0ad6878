"""Uploads and answers: bytes are counted once, where they are kept, and never more than is left."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from app.errors import ApiError
from app.store import scripts
from app.store.handed_out import HandedOut
from app.store.keys import org_quota_keys
from app.store.quotas import QuotaStore, Seen
from app.store.sessions import Opening
from app.store.uploads import Uploaded
from tests.store.quota_sample import ALL, KEYS, LONG_AGO, ORG, TTL, Org, members

SPANS = [(b"%d" % number, b"x" * 10) for number in range(10)]


@pytest.fixture
def org(client: Redis) -> Org:
    """One that may keep 100 bytes a month."""
    return Org(client, "bytes_per_month=100")


async def session(org: Org, mode: str = "capture") -> str:
    """A session of the organisation's."""
    return (await org.new.create(ORG, Opening(mode, "{}"))).session_id


async def keep(org: Org, session_id: str, spans: list[tuple[bytes, bytes]]) -> Uploaded:
    """Upload spans."""
    return await org.uploads.keep(ORG, session_id, spans, "")


async def used(org: Org) -> int:
    """The bytes that are used."""
    return (await org.used())[3]


async def test_what_is_kept_is_counted(org: Org) -> None:
    """The standings are those with it, and nothing is held any more."""
    session_id = await session(org)
    kept = await keep(org, session_id, SPANS[:3])
    assert (kept.fresh, kept.over_limit, kept.over_quota) == (3, 0, 0)
    assert kept.standings
    assert kept.standings.quotas[3].used == 30
    assert await members(org.client, KEYS.holds) == []


async def test_a_retried_upload_costs_nothing(org: Org) -> None:
    """Not even where nothing is left."""
    session_id = await session(org)
    for _ in range(2):
        await keep(org, session_id, SPANS)
        assert await used(org) == 100
    assert (await keep(org, session_id, SPANS))[:3] == (0, 0, 0)


async def test_of_an_upload_as_much_is_kept_as_is_left(org: Org) -> None:
    """The rest is over the quota, and stays so when it comes again."""
    session_id = await session(org)
    await keep(org, session_id, [(b"a", b"y" * 75)])
    assert (await keep(org, session_id, SPANS))[:3] == (2, 0, 8)
    assert (await keep(org, session_id, SPANS))[:3] == (0, 0, 8)
    assert await used(org) == 95


async def test_spans_over_the_sessions_own_limit_are_not_over_the_quota(client: Redis) -> None:
    """Nor do they cost anything."""
    org = Org(client, ALL)
    session_id = await session(org)
    kept = await keep(org, session_id, [(b"a", b"y" * 200_000), (b"b", b"z")])
    assert (kept.fresh, kept.over_limit, kept.over_quota) == (1, 1, 0)
    assert await used(org) == 1


async def test_a_session_that_keeps_no_spans_uses_no_bytes(org: Org) -> None:
    """It counts spans, over the quota too."""
    await org.quotas.add(ORG, 100)
    await org.record(tier="enterprise", limit__bytes_per_month=1000)
    session_id = await session(org, "replay")
    await org.record(limit__bytes_per_month=100)
    assert (await keep(org, session_id, SPANS))[:3] == (10, 0, 0)
    assert await used(org) == 100


async def test_concurrent_uploads_never_keep_more_than_is_left(org: Org) -> None:
    """Whatever their sessions; what is kept is what is counted."""
    sessions = [await session(org) for _ in range(5)]
    kept = await asyncio.gather(*(keep(org, name, SPANS) for name in sessions for _ in range(4)))
    fresh = sum(one.fresh for one in kept)
    assert await used(org) == fresh * 10 <= 100
    await keep(org, sessions[0], SPANS)
    assert await used(org) == 100


async def test_an_upload_to_a_session_that_is_not_there_costs_nothing(org: Org) -> None:
    """What it held is let go."""
    with pytest.raises(ApiError) as error:
        await keep(org, "sess_unknown", SPANS)
    assert error.value.name == "session_not_found"
    assert await used(org) == 0


async def test_what_a_killed_replica_kept_is_counted_by_another(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then, all that it held counts; then what the session has kept, once."""
    session_id = await session(org)

    async def killed(*_: object, **__: object) -> Any:
        raise ApiError("store_unavailable", "away")

    with monkeypatch.context() as patched:
        patched.setattr(QuotaStore, "count", killed)
        with pytest.raises(ApiError):
            await keep(org, session_id, [*SPANS[:2], *SPANS[:2]])
    assert await used(org) == 40
    await org.age(KEYS.holds, LONG_AGO)
    assert await org.reconciler.look(ORG) == 1
    assert await used(org) == 20
    assert await org.reconciler.look(ORG) == 0


async def test_what_a_killed_replica_did_not_keep_is_given_back(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the next upload that there would be no room for, too."""
    session_id = await session(org)

    async def killed(*_: object, **__: object) -> Any:
        raise ApiError("store_unavailable", "away")

    with monkeypatch.context() as patched:
        patched.setattr(scripts, "append_spans", killed)
        with pytest.raises(ApiError):
            await keep(org, session_id, SPANS)
    assert await used(org) == 100
    assert (await keep(org, session_id, SPANS))[:3] == (0, 0, 10)
    await org.age(KEYS.holds, LONG_AGO)
    assert (await keep(org, session_id, SPANS))[:3] == (10, 0, 0)
    assert await used(org) == 100


async def test_what_was_held_for_a_session_that_ended_counts_whole(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can say any more how much of it was kept."""
    session_id = await session(org)
    await org.quotas.hold(ORG, session_id, 40, "")
    await org.client.unlink(*[key async for key in org.client.scan_iter(f"*/{session_id}}}*")])
    await org.age(KEYS.holds, LONG_AGO)
    await org.reconciler.look(ORG)
    assert await used(org) == 40
    assert await members(org.client, KEYS.holds) == []


async def test_an_upload_that_is_counted_after_its_session_ended_costs_no_more_than_it_held(
    org: Org,
) -> None:
    """What the session kept before was counted, though nothing says so any more."""
    session_id = await session(org)
    await keep(org, session_id, SPANS[:5])
    hold = await org.quotas.hold(ORG, session_id, 10, "")
    await org.sessions.index.remove(ORG, session_id)
    await org.quotas.count(ORG, hold.name, 60)
    assert await used(org) == 60
    await org.quotas.count(ORG, hold.name, 60)
    assert await used(org) == 60
    assert await org.client.hget(KEYS.counted, session_id) is None


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (2, 0, 3, 1), (1, 0, 3, 2)])
async def test_uploads_to_one_session_that_are_counted_in_another_order_count_whole(
    org: Org, order: tuple[int, ...]
) -> None:
    """Each knows how much the session had kept when it was kept itself, and no more."""
    session_id = await session(org)
    kept = []
    # The third one brings what the first one has brought.
    for spans in (SPANS[:3], SPANS[3:5], SPANS[:3], SPANS[5:7]):
        hold = await org.quotas.hold(ORG, session_id, 10 * len(spans), "")
        within = await org.spans.append_within(ORG, session_id, spans, hold.granted)
        kept.append((hold.name, within.total))
    for place in order:
        await org.quotas.count(ORG, *kept[place])
    assert await used(org) == 70
    assert await members(org.client, KEYS.holds) == []


async def test_a_session_that_has_ended_leaves_nothing_of_its_bytes(org: Org) -> None:
    """Neither what was counted of it nor what it was told to have kept, whoever notes its end."""
    closed, lapsed = await session(org), await session(org)
    for session_id in (closed, lapsed):
        await keep(org, session_id, SPANS[:3])
    assert await org.client.hgetall(KEYS.counted)
    await org.sessions.index.remove(ORG, closed)
    await org.quotas.settle(ORG, {lapsed: Seen.ENDED})
    assert not await org.client.hgetall(KEYS.counted)
    assert await used(org) == 60


async def test_creates_are_refused_while_no_bytes_are_left(org: Org) -> None:
    """The month's quota of bytes bounds sessions too."""
    await org.quotas.add(ORG, 100)
    with pytest.raises(ApiError, match=r"bytes_per_month \(100 of 100\)"):
        await session(org)


async def test_bytes_handed_out_are_counted_behind(org: Org) -> None:
    """Summed up by organisation, beyond the limit too."""
    handed_out = HandedOut(org.quotas)
    for octets in (70, 0, 80):
        handed_out.handed_out(ORG, octets)
    handed_out.handed_out("other", 5)
    assert await used(org) == 0
    await handed_out.flush()
    assert await used(org) == 150
    assert (await org.quotas.usage("other", "")).quotas[3].used == 5
    await handed_out.flush()
    assert await used(org) == 150


async def test_what_the_store_did_not_take_is_not_counted_twice(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The count that failed is over; those that were not tried yet are made later."""
    handed_out = HandedOut(org.quotas)
    for name in ("first", "second"):
        handed_out.handed_out(name, 7)

    async def away(*_: object) -> None:
        raise ApiError("store_unavailable", "away")

    with monkeypatch.context() as patched:
        patched.setattr(QuotaStore, "add", away)
        await handed_out.flush()
    await handed_out.flush()
    counts = [(await org.quotas.usage(name, "")).quotas[3].used for name in ("first", "second")]
    assert sorted(counts) == [0, 7]


async def test_a_count_that_is_wrong_costs_no_other_organisation(org: Org) -> None:
    """Though the key of the one holds something else."""
    handed_out = HandedOut(org.quotas)
    broken = org_quota_keys("broken").used
    await org.client.zadd(broken, {"no hash": 0})
    await org.client.pexpire(broken, TTL)
    for name in ("first", "broken", "second", "broken"):
        handed_out.handed_out(name, 7)
    await handed_out.flush()
    counts = [(await org.quotas.usage(name, "")).quotas[3].used for name in ("first", "second")]
    assert counts == [7, 7]


async def test_what_is_not_tried_yet_when_the_replica_ends_is_counted_last(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flush beside the calls is cancelled, and another one follows."""
    handed_out = HandedOut(org.quotas)
    for name in ("first", "second", "third"):
        handed_out.handed_out(name, 7)
    is_asked = asyncio.Event()

    async def silent(*_: object) -> None:
        is_asked.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(QuotaStore, "add", silent)
        flushing = asyncio.create_task(handed_out.flush())
        await is_asked.wait()
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)
    await handed_out.flush()
    names = ("first", "second", "third")
    counts = [(await org.quotas.usage(name, "")).quotas[3].used for name in names]
    assert sorted(counts) == [0, 7, 7]


async def test_where_nothing_is_counted_nothing_is_summed_up() -> None:
    """Without a plan there is nothing to flush to."""
    handed_out = HandedOut(None)
    handed_out.handed_out(ORG, 5)
    await handed_out.flush()

"""Quotas: all are looked at before any is charged, and limits hold as they are at the moment."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lupa.lua51 import LuaRuntime
from redis.asyncio import Redis

from app.quotas.limits import (
    BY_ORGANISATION,
    FREE,
    OPEN_SESSIONS,
    QUOTAS,
    SESSIONS_PER_MINUTE,
    TIERS,
)
from app.store.quotas import QuotaStore, Seen
from app.store.script import LUA
from tests.store.quota_sample import ALL, KEYS, ORG, Org


async def test_a_create_takes_one_of_every_quota_of_sessions(client: Redis) -> None:
    """The standings are those with it."""
    taken = await Org(client, ALL).quotas.take(ORG, "a", "")
    assert taken.is_charged
    assert [standing.used for standing in taken.standings.quotas] == [1, 1, 1, 0]
    assert [standing.left for standing in taken.standings.quotas] == [59, 4999, 99, 50_000_000]


@pytest.mark.parametrize("name", QUOTAS)
async def test_a_refused_create_costs_nothing_of_any_quota(client: Redis, name: str) -> None:
    """Whichever is used up, the others stay as they are."""
    org = Org(client, f"{name}=0")
    taken = await org.quotas.take(ORG, "a", "")
    assert not taken.is_charged
    assert [standing.name for standing in taken.standings.used_up()] == [name]
    assert await org.used() == [0, 0, 0, 0]


@pytest.mark.parametrize("name", QUOTAS[:3])
async def test_concurrent_creates_never_get_more_than_the_limit(client: Redis, name: str) -> None:
    """Exactly as many as there are."""
    org = Org(client, f"{name}=60")
    takes = (org.quotas.take(ORG, f"s{number}", "") for number in range(90))
    taken = await asyncio.gather(*takes)
    assert sum(take.is_charged for take in taken) == 60
    assert await org.used() == [60, 60, 60, 0]


async def test_a_minute_is_any_60_seconds(client: Redis) -> None:
    """No border lets twice as many through: what was taken 59 s ago counts, 61 s ago does not."""
    org = Org(client, "sessions_per_minute=2")
    await org.quotas.take(ORG, "a", "")
    await org.age(KEYS.minute, 59_000)
    await org.quotas.take(ORG, "b", "")
    refused = await org.quotas.take(ORG, "c", "")
    assert not refused.is_charged
    [minute] = refused.standings.used_up()
    assert refused.standings.seconds_until(minute.resets_ms) <= 2
    await org.age(KEYS.minute, 2000)
    assert (await org.quotas.take(ORG, "d", "")).is_charged
    assert not (await org.quotas.take(ORG, "e", "")).is_charged


async def test_a_new_month_begins_at_nothing(client: Redis) -> None:
    """What the month before used is gone; what is open stays."""
    org = Org(client, ALL)
    await org.quotas.take(ORG, "a", "")
    await org.quotas.add(ORG, 500)
    assert await org.used() == [1, 1, 1, 500]
    await client.hincrby(KEYS.used, "month", -1)
    assert await org.used() == [1, 0, 1, 0]


async def test_a_clock_that_goes_back_over_the_border_resets_nothing(client: Redis) -> None:
    """The newer month stays the one that is counted."""
    org = Org(client, "sessions_per_month=1")
    await org.quotas.take(ORG, "a", "")
    await client.hincrby(KEYS.used, "month", 1)
    assert not (await org.quotas.take(ORG, "b", "")).is_charged


async def test_the_month_ends_with_the_calendars(client: Redis) -> None:
    """In UTC, by the store's clock."""
    standings = await Org(client, ALL).standings()
    month = standings.quotas[1]
    now = datetime.fromtimestamp(standings.now_ms / 1000, UTC)
    ends = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    assert month.resets_ms == ends.timestamp() * 1000
    begins = datetime(now.year, now.month, 1, tzinfo=UTC)
    assert month.window_ms == (ends - begins).total_seconds() * 1000


@given(st.integers(min_value=0, max_value=10**14))
def test_every_moment_is_in_its_calendar_month(moment: int) -> None:
    """As Python's calendar has it, leap years and all."""
    month_of: Any = LuaRuntime().execute(
        (LUA / "include" / "month_of.lua").read_text("utf-8") + "return month_of"
    )
    number, first = month_of(moment)
    date = datetime.fromtimestamp(moment // 1000, UTC)
    assert first == datetime(date.year, date.month, 1, tzinfo=UTC).timestamp() * 1000
    assert number == date.year * 12 + date.month - 3


async def test_limits_of_an_organisation_hold_at_once(client: Redis) -> None:
    """Those of its own before those of its tier, from the next create on."""
    org = Org(client, ALL)
    await org.record(tier="team")
    assert [s.limit for s in (await org.standings()).quotas] == [600, 500_000, 5_000, 10**10]
    assert (await org.standings()).tier == "team"
    await org.record(tier="enterprise", limit__sessions_per_minute=1)
    assert [s.limit for s in (await org.standings()).quotas] == [1, None, None, None]
    await org.quotas.take(ORG, "a", "")
    assert not (await org.quotas.take(ORG, "b", "")).is_charged
    await org.record(limit__sessions_per_minute=2)
    assert (await org.quotas.take(ORG, "b", "")).is_charged


async def test_an_organisation_whose_record_is_lost_is_held_to_the_least(client: Redis) -> None:
    """Where organisations have records: a failover may lose one, and its keys still work."""
    standings = await QuotaStore(client, BY_ORGANISATION).usage("gone", "")
    assert standings.tier is None
    assert {s.name: s.limit for s in standings.quotas} == dict(TIERS[FREE])


async def test_a_lowered_limit_leaves_nothing(client: Redis) -> None:
    """More may be used than there is, and nothing is left then."""
    org = Org(client, ALL)
    await org.record(tier="enterprise", limit__open_sessions=5)
    for name in "abc":
        await org.quotas.take(ORG, name, "")
    await org.record(limit__open_sessions=1)
    standing = (await org.standings()).quotas[2]
    assert (standing.used, standing.left, standing.is_used_up) == (3, 0, True)


async def test_a_call_that_is_held_to_a_tier_has_no_more_than_that(client: Redis) -> None:
    """Nor more than its organisation."""
    org = Org(client, ALL)
    await org.record(tier="enterprise", limit__open_sessions=7)
    limits = [standing.limit for standing in (await org.quotas.usage(ORG, "free")).quotas]
    assert limits == [60, 5_000, 7, 50_000_000]
    await org.record(limit__sessions_per_minute=1000)
    for number in range(60):
        assert (await org.quotas.take(ORG, f"s{number}", "")).is_charged or number >= 7
    await org.record(limit__open_sessions=1000)
    for number in range(53):
        await org.quotas.take(ORG, f"t{number}", "")
    refused = await org.quotas.take(ORG, "z", "free")
    assert [s.name for s in refused.standings.used_up()] == [SESSIONS_PER_MINUTE]
    assert (await org.quotas.take(ORG, "z", "")).is_charged


async def test_a_charge_is_given_back_once_in_every_quota(client: Redis) -> None:
    """And only while it is reserved: once the session was seen, its create counts."""
    org = Org(client, ALL)
    for name in ("a", "b"):
        await org.quotas.take(ORG, name, "")
    assert await org.quotas.settle(ORG, {"a": Seen.NEVER}) == 1
    assert await org.quotas.settle(ORG, {"a": Seen.NEVER}) == 0
    assert await org.used() == [1, 1, 1, 0]
    await org.quotas.settle(ORG, {"b": Seen.OPEN})
    assert await org.quotas.settle(ORG, {"b": Seen.NEVER}) == 1
    assert await org.used() == [1, 1, 0, 0]


async def test_a_charge_of_another_month_is_not_given_back_to_this_one(client: Redis) -> None:
    """The month that it was charged to is over."""
    org = Org(client, ALL)
    await org.quotas.take(ORG, "a", "")
    await client.hincrby(KEYS.used, "month", -1)
    await org.quotas.take(ORG, "b", "")
    await org.age(KEYS.reserved, 32 * 86_400_000)
    await org.quotas.settle(ORG, {"a": Seen.NEVER})
    assert await org.used() == [1, 1, 1, 0]


async def test_an_ended_session_is_open_no_more_and_counts_for_the_month(client: Redis) -> None:
    """Only what there is at the moment becomes less."""
    org = Org(client, ALL)
    await org.quotas.take(ORG, "a", "")
    await org.quotas.settle(ORG, {"a": Seen.ENDED})
    assert await org.used() == [1, 1, 0, 0]


async def test_what_is_not_counted_as_open_is_not_counted_by_being_seen(client: Redis) -> None:
    """A session that ended while it was looked at stays ended."""
    org = Org(client, f"{OPEN_SESSIONS}=1")
    await org.quotas.settle(ORG, {"a": Seen.OPEN})
    assert await org.used() == [0, 0, 0, 0]


async def test_organisations_do_not_share_what_they_use(client: Redis) -> None:
    """Each has its own."""
    org = Org(client, "open_sessions=1")
    assert (await org.quotas.take(ORG, "a", "")).is_charged
    assert (await org.quotas.take("other", "b", "")).is_charged
    assert not (await org.quotas.take("other", "c", "")).is_charged

"""New sessions: a create that fails costs nothing, and nothing that is counted leaks."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from app.errors import ApiError
from app.store import scripts
from app.store.index import WHOLE_ORG
from app.store.keys import DUE, session_keys
from app.store.new_sessions import CountedSessions
from app.store.quotas import RESERVED_MS, QuotaStore
from app.store.sessions import Opening, SessionStore
from tests.store.quota_sample import ALL, KEYS, LONG_AGO, ORG, TTL, Org, members


class Died(Exception):  # noqa: N818 (an event, not an error)
    """The replica is gone."""


def dies(*_: object, **__: object) -> Awaitable[Any]:
    """What never happens, because the replica is gone before."""
    raise Died


def unavailable(*_: object, **__: object) -> Awaitable[Any]:
    """A store that does not answer."""
    raise ApiError("store_unavailable", "away")


async def create(org: Org, mode: str = "replay") -> str:
    """Create a session; gives its id."""
    return (await org.new.create(ORG, Opening(mode, "{}"))).session_id


async def killed_after_charging(org: Org, monkeypatch: pytest.MonkeyPatch) -> str:
    """A create whose replica is killed before the session is there; gives the session's id."""
    with monkeypatch.context() as patched:
        patched.setattr(SessionStore, "create_as", dies)
        patched.setattr(CountedSessions, "_undo", dies)
        with pytest.raises(Died):
            await create(org)
    [name] = await members(org.client, KEYS.reserved)
    return name


async def refused(org: Org) -> ApiError:
    """The refusal of a create."""
    with pytest.raises(ApiError) as error:
        await create(org)
    assert error.value.name == "quota_exceeded"
    return error.value


async def test_a_session_is_there_and_counted(client: Redis) -> None:
    """The standings are those with it."""
    org = Org(client, ALL)
    created = await org.new.create(ORG, Opening("replay", "{}"))
    assert (await org.sessions.read(ORG, created.session_id)).created_ms == created.created_ms
    assert created.standings
    assert [standing.used for standing in created.standings.quotas] == [1, 1, 1, 0]


async def test_a_refused_create_leaves_nothing(client: Redis) -> None:
    """No session, no place in a list; the refusal says what is used up."""
    org = Org(client, "sessions_per_month=1")
    await create(org)
    error = await refused(org)
    assert "sessions_per_month (1 of 1)" in error.message
    assert len((await org.sessions.index.page(ORG, None, 10))[0]) == 1
    assert await org.used() == [1, 1, 1, 0]


async def test_a_create_that_fails_gives_everything_back(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the store refuses after the charge costs nothing."""
    org = Org(client, ALL)
    with monkeypatch.context() as patched:
        patched.setattr(scripts, "create_session", unavailable)
        with pytest.raises(ApiError, match="away"):
            await create(org)
    assert await org.used() == [0, 0, 0, 0]
    assert await members(client, KEYS.live) == []


async def test_a_create_that_was_given_back_cannot_come_late(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A create that was sent and not answered finds its id taken."""
    org = Org(client, ALL)
    sent: list[Callable[[], Awaitable[Any]]] = []
    made = scripts.create_session

    async def silent(*args: Any, **named: Any) -> Any:
        sent.append(lambda: made(*args, **named))
        raise ApiError("store_unavailable", "away")

    with monkeypatch.context() as patched:
        patched.setattr(scripts, "create_session", silent)
        with pytest.raises(ApiError, match="away"):
            await create(org)
    assert (await sent[0]()).word == "taken"
    assert await org.used() == [0, 0, 0, 0]


async def test_a_session_that_was_created_unheard_is_taken_back(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store made it, and the answer was lost: it is gone, and so is its charge."""
    org = Org(client, ALL)
    made = scripts.create_session

    async def unheard(*args: Any, **named: Any) -> Any:
        await made(*args, **named)
        raise ApiError("store_unavailable", "away")

    with monkeypatch.context() as patched:
        patched.setattr(scripts, "create_session", unheard)
        with pytest.raises(ApiError, match="away"):
            await create(org)
    assert await org.used() == [0, 0, 0, 0]
    assert (await org.sessions.index.page(ORG, None, 10))[0] == []


async def test_another_session_of_the_same_id_is_left_alone(client: Redis) -> None:
    """Taking back a create takes back that one only."""
    org = Org(client, ALL)
    session_id = await create(org)
    await org.sessions.forget(ORG, session_id, "another tag")
    assert (await org.sessions.read(ORG, session_id)).mode == "replay"


async def test_a_replica_that_was_paused_over_its_reservation_does_not_answer(
    client: Redis,
) -> None:
    """What it reserved may have been given back meanwhile: it takes the session back."""
    org = Org(client, ALL)
    times = iter((0.0, 0.0, RESERVED_MS / 1000))
    parts = (org.sessions, org.quotas, org.reconciler, org.metrics)
    org.new = CountedSessions(*parts, clock=lambda: next(times))
    with pytest.raises(ApiError) as error:
        await create(org)
    assert error.value.name == "store_unavailable"
    assert await org.used() == [0, 0, 0, 0]


async def test_a_charge_without_a_session_does_not_refuse_others(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next create that would be refused finds it, once it is nobody's any more."""
    org = Org(client, "sessions_per_minute=1,sessions_per_month=1,open_sessions=1")
    await killed_after_charging(org, monkeypatch)
    await refused(org)
    for key in (KEYS.reserved, KEYS.live, KEYS.minute):
        await org.age(key, LONG_AGO)
    await create(org)
    assert await org.used() == [1, 1, 1, 0]
    await refused(org)


async def test_a_create_that_was_taken_back_costs_nothing_though_its_replica_was_killed_then(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark that keeps it from coming late is none of a session that has been."""
    org = Org(client, ALL)
    with monkeypatch.context() as patched:
        patched.setattr(scripts, "create_session", unavailable)
        patched.setattr(QuotaStore, "settle", unavailable)
        with pytest.raises(ApiError, match="away"):
            await create(org)
    assert await org.used() == [1, 1, 1, 0]
    for key in (KEYS.reserved, KEYS.live):
        await org.age(key, LONG_AGO)
    assert await org.reconciler.look(ORG) == 1
    assert await org.used() == [0, 0, 0, 0]


async def test_a_session_whose_replica_was_killed_before_it_answered_stays_counted(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there, whoever knows of it."""
    org = Org(client, "open_sessions=1")
    session_id = await killed_after_charging(org, monkeypatch)
    assert await org.sessions.create_as(ORG, session_id, "tag", Opening("replay", "{}"))
    for key in (KEYS.reserved, KEYS.live):
        await org.age(key, LONG_AGO)
    await refused(org)
    assert await org.used() == [1, 1, 1, 0]
    assert await members(client, KEYS.reserved) == []


async def test_a_session_that_ended_unseen_makes_room(client: Redis) -> None:
    """Lapsed, or closed by a replica that was killed before it said so."""
    org = Org(client, "open_sessions=1")
    session_id = await create(org)
    await client.unlink(session_keys(ORG, session_id).session)
    await org.age(KEYS.live, LONG_AGO)
    await org.age(KEYS.reserved, TTL + LONG_AGO)
    await create(org)
    assert await org.used() == [2, 2, 1, 0]


async def test_a_lapsed_capture_is_open_no_more(client: Redis) -> None:
    """Though it is kept for the sweeper to write."""
    org = Org(client, "open_sessions=1")
    key = session_keys(ORG, await create(org, "capture")).session
    await client.pexpire(key, int(await client.hget(key, "grace") or 0) - 1)
    await org.age(KEYS.live, LONG_AGO)
    await create(org)
    assert await org.used() == [2, 2, 1, 0]


async def test_more_than_one_batch_is_looked_at(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are."""
    monkeypatch.setattr("app.store.reconciler.BATCH", 3)
    org = Org(client, ALL)
    kept = [await create(org) for _ in range(4)]
    for session_id in [await create(org) for _ in range(4)]:
        await client.unlink(session_keys(ORG, session_id).session)
    for key in (KEYS.reserved, KEYS.live):
        await org.age(key, LONG_AGO)
    assert await org.reconciler.look(ORG) == 4
    assert sorted(await members(client, KEYS.live)) == sorted(kept)
    assert await org.used() == [4, 4, 4, 0]


async def test_removing_a_session_from_the_indexes_ends_its_count(client: Redis) -> None:
    """Every end leads there: a close, a lapse, and the sweeper."""
    org = Org(client, ALL)
    session_id = await create(org)
    await org.sessions.index.remove(ORG, session_id)
    assert await org.used() == [1, 1, 0, 0]


async def test_an_organisation_is_looked_at_by_the_sweeper_soon(client: Redis) -> None:
    """It is noted before anything is charged, and a later create does not put that off."""
    org = Org(client, ALL)
    await create(org)
    member = f"{ORG}/{WHOLE_ORG}"
    noted = await client.zscore(DUE, member)
    assert noted
    other = Org(client, ALL)
    await create(other)
    assert await client.zscore(DUE, member) == noted


async def test_concurrent_creates_that_fail_and_succeed_add_up(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is counted is what is there."""
    org = Org(client, "open_sessions=20")
    made, calls = scripts.create_session, iter(range(1000))

    async def flaky(*args: Any, **named: Any) -> Any:
        if next(calls) % 3 == 0:
            raise ApiError("store_unavailable", "away")
        return await made(*args, **named)

    monkeypatch.setattr(scripts, "create_session", flaky)
    for _ in range(3):
        await asyncio.gather(*(create(org) for _ in range(15)), return_exceptions=True)
    monkeypatch.undo()
    while (await org.standings()).quotas[2].left:
        await create(org)
    listed, _ = await org.sessions.index.page(ORG, None, 100)
    assert len(listed) == 20
    assert await org.used() == [20, 20, 20, 0]

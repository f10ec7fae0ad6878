"""The sweeper: captures that lapsed are flushed, closes without an owner finished."""

import pytest

from app.captures.sweeper import Sweeper
from app.errors import ApiError
from app.store.faults import unavailable
from app.store.keys import DUE, due_member, org_keys, session_keys
from app.store.sessions import CAPTURE_GRACE_MS
from tests.captures.conftest import ORG, TTL, House


async def let_lapse(house: House, session_id: str) -> None:
    """Let the session's life be over, and its time to be swept have come."""
    for key in session_keys(ORG, session_id):
        await house.client.pexpire(key, CAPTURE_GRACE_MS - 1)
    await house.sessions.index.reschedule(ORG, session_id, -1)


@pytest.fixture
def sweeper(house: House) -> Sweeper:
    """A sweeper that runs only when asked."""
    return Sweeper(house.closer, house.sessions.index, TTL, house.metrics)


async def test_a_capture_that_reached_its_end_is_flushed(house: House, sweeper: Sweeper) -> None:
    """Nobody closed it, and still its case is written and listed."""
    session_id = await house.captured(2)
    await let_lapse(house, session_id)
    await sweeper.sweep()
    assert (house.folder / f"{session_id}.case.json").is_file()
    assert await house.captures.find(ORG, session_id) is not None
    assert await house.client.zcard(DUE) == 0


async def test_a_session_in_use_is_looked_at_later(house: House, sweeper: Sweeper) -> None:
    """One that was used since is left alone until its new end."""
    session_id = await house.captured(1)
    await house.sessions.index.reschedule(ORG, session_id, -1)
    await sweeper.sweep()
    assert (await house.sessions.version(ORG, session_id)).startswith("1-")
    assert await house.sessions.index.due(10) == []
    assert await house.client.zcard(DUE) == 1


async def test_a_session_that_expired_leaves_the_indexes(house: House, sweeper: Sweeper) -> None:
    """A replay session leaves nothing to flush."""
    session_id, _ = await house.sessions.create(ORG, "replay", "{}")
    await house.client.delete(session_keys(ORG, session_id).session)
    await house.sessions.index.reschedule(ORG, session_id, -1)
    await sweeper.sweep()
    assert await house.client.exists(DUE, org_keys(ORG).open) == 0


async def test_a_refused_capture_is_kept_and_tried_again(house: House, sweeper: Sweeper) -> None:
    """The destination's refusal loses nothing: a later round flushes it."""
    session_id = await house.captured(2)
    await let_lapse(house, session_id)
    house.sink.refuses = True
    await sweeper.sweep()
    assert await house.client.zcard(DUE) == 1
    house.sink.refuses = False
    await house.sessions.index.reschedule(ORG, session_id, -1)
    await sweeper.sweep()
    assert (house.folder / f"{session_id}.case.json").is_file()


async def test_a_close_without_an_owner_is_finished(
    house: House, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica that died in a close leaves its session to the sweeper."""
    session_id = await house.captured(2)
    monkeypatch.setattr("app.store.closes.LEASE_MS", 0)
    await house.closes.begin(ORG, session_id, "dead")
    await house.sessions.index.reschedule(ORG, session_id, -1)
    await sweeper.sweep()
    assert (house.folder / f"{session_id}.case.json").is_file()


async def test_a_session_that_cannot_be_swept_holds_up_no_other(
    house: House, sweeper: Sweeper
) -> None:
    """Its key holds something else; it is passed over, listed nowhere, and met again later."""
    broken, whole = await house.captured(1), await house.captured(2)
    key = session_keys(ORG, broken).session
    await house.client.delete(key)
    await house.client.rpush(key, "no session")
    await house.client.pexpire(key, TTL)
    listed, _ = await house.sessions.index.page(ORG, None, 10)
    assert [session.session_id for session in listed] == [whole]
    await house.sessions.index.reschedule(ORG, broken, -2)
    await let_lapse(house, whole)
    await sweeper.sweep()
    assert (house.folder / f"{whole}.case.json").is_file()
    assert await house.client.zrange(DUE, 0, -1) == [due_member(ORG, broken).encode()]
    assert await house.sessions.index.due(10) == []


async def test_a_store_that_is_away_ends_a_round(
    house: House, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not asked for one session after another."""
    for _ in range(3):
        await house.sessions.index.reschedule(ORG, await house.captured(1), -1)
    asked: list[str] = []

    async def away(org: str, session_id: str, *_: object, **__: object) -> None:
        asked.append(session_id)
        raise unavailable()

    monkeypatch.setattr(house.closer, "close_lapsed", away)
    monkeypatch.setattr(house.sessions.index, "reschedule", away)
    with pytest.raises(ApiError):
        await sweeper.sweep()
    assert len(set(asked)) == 1

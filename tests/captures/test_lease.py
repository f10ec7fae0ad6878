"""The lease: kept through faults of the store, and seen to be lost."""

import asyncio

import pytest
from redis.asyncio import Redis

from app.captures import lease
from app.captures.lease import GivenUp, Lease, LostLease
from app.errors import ApiError, retry_later
from app.store.closes import CloseStore, Outcome
from tests.captures.conftest import ORG, House

RENEWALS = 5


class ShakyCloses(CloseStore):
    """A store of closes whose every other renewal fails, and that says when it has had enough."""

    def __init__(self, client: Redis) -> None:
        super().__init__(client)
        self.renewals = 0
        self.enough = asyncio.Event()

    async def renew(self, org: str, session_id: str, owner: str) -> bool:
        """Renew, or fail."""
        self.renewals += 1
        if self.renewals >= RENEWALS:
            self.enough.set()
        if self.renewals % 2:
            raise retry_later("store_unavailable", "a hiccup")
        return await super().renew(org, session_id, owner)


async def test_a_fault_of_the_store_does_not_end_the_renewals(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease is prolonged for as long as its owner works."""
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.001)
    closes = ShakyCloses(house.client)
    session_id = await house.captured(1)
    await closes.begin(ORG, session_id, "owner")
    async with Lease(closes, ORG, session_id, "owner").kept():
        await asyncio.wait_for(closes.enough.wait(), 10)


async def test_a_lease_that_another_holds_is_lost(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither prolonged nor committed by who held it before, and giving it up changes nothing."""
    monkeypatch.setattr("app.store.closes.LEASE_MS", 0)
    session_id = await house.captured(1)
    for owner in ("first", "second"):
        assert (await house.closes.begin(ORG, session_id, owner)).outcome is Outcome.FLUSH
    lost = Lease(house.closes, ORG, session_id, "first")
    for attempt in (lost.check, lost.commit):
        with pytest.raises(LostLease):
            await attempt()
    assert await lost.give_up() is GivenUp.LOST
    assert await house.closes.state(ORG, session_id) is Outcome.CLOSING


async def test_giving_up_is_no_error_where_the_store_is_away_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease's end will free the session."""

    async def away(*_: str) -> bool:
        raise ApiError("store_unavailable", "away")

    monkeypatch.setattr(house.closes, "abort", away)
    assert await Lease(house.closes, ORG, "sess_any", "owner").give_up() is GivenUp.UNTOLD

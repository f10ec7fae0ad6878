"""Organisations in the store."""

import asyncio

import pytest
from redis.asyncio import Redis

from app.store.keys import org_record_keys
from app.store.organisation import is_org_name
from app.store.organisations import OrgStore


async def test_an_organisation_is_as_it_was_made(client: Redis) -> None:
    """Its tier, its own limits and its time."""
    orgs = OrgStore(client)
    assert await orgs.create("acme", "team", {"open_sessions": 7})
    found = await orgs.find("acme")
    assert found is not None
    assert (found.org, found.tier, found.limits) == ("acme", "team", {"open_sessions": 7})
    assert found.created_ms > 0
    assert await client.hget(org_record_keys("acme").org, "limit:open_sessions") == b"7"


async def test_a_name_is_taken_once(client: Redis) -> None:
    """The first one stays as it is."""
    orgs = OrgStore(client)
    made = await asyncio.gather(*(orgs.create("acme", "free", {}) for _ in range(8)))
    assert sum(made) == 1
    assert not await orgs.create("acme", "team", {"open_sessions": 1})
    found = await orgs.find("acme")
    assert found is not None
    assert (found.tier, found.limits) == ("free", {})


async def test_a_change_leaves_the_rest(client: Redis) -> None:
    """A tier, a limit more, one less; nothing is made of an organisation that is not there."""
    orgs = OrgStore(client)
    await orgs.create("acme", "free", {"open_sessions": 7})
    assert await orgs.change("acme", "", {"sessions_per_minute": 3})
    assert await orgs.change("acme", "team", {"open_sessions": None})
    found = await orgs.find("acme")
    assert found is not None
    assert (found.tier, found.limits) == ("team", {"sessions_per_minute": 3})
    assert not await orgs.change("nobody", "team", {})
    assert await orgs.find("nobody") is None


async def test_all_are_listed_by_name(client: Redis) -> None:
    """One whose record never came to be is left out."""
    orgs = OrgStore(client)
    for org in ("b", "a"):
        await orgs.create(org, "free", {})
    await client.zadd("sp:orgs", {"half": 0})
    assert [found.org for found in await orgs.every()] == ["a", "b"]


async def test_there_may_be_none(client: Redis) -> None:
    """Then the list is empty."""
    assert await OrgStore(client).every() == []


@pytest.mark.parametrize("name", ["acme", "a", "0", "a-b", "a" * 63])
def test_a_name_is_one_that_paths_and_keys_can_hold(name: str) -> None:
    """Lower case letters, digits and dashes within."""
    assert is_org_name(name)


@pytest.mark.parametrize(
    "name", ["", "A", "a b", "a/b", "..", "a.b", "{a}", "-a", "a-", "a_b", "ä", "a" * 64, "a\n"]
)
def test_no_other_name_is_taken(name: str) -> None:
    """Whatever could mean something else in a path, a key or a log."""
    assert not is_org_name(name)

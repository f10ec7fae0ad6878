"""Keys in the store: made, found, listed, rotated and revoked; none is there in clear."""

import asyncio
import hashlib
from typing import Any

import pytest
from redis.asyncio import Redis

from app.store import api_keys, scripts
from app.store.api_keys import KeyStore, RetiredKey, UnknownKey
from app.store.keys import KEY_IDS, key_record_keys, org_key_index


def digest(key: str) -> str:
    """What a key is found by."""
    return hashlib.sha256(key.encode()).hexdigest()


async def everything(client: Redis) -> bytes:
    """All that the store holds, names and values."""
    held = []
    async for name in client.scan_iter(count=1000):
        assert await client.type(name) == b"hash"
        held += [name, repr(await client.hgetall(name)).encode()]
    return b"\n".join(held)


async def test_a_key_is_found_by_its_sha_256(client: Redis) -> None:
    """With its organisation, kind and project, and no end."""
    keys = KeyStore(client)
    made = await keys.create("acme", "ci", "web")
    found = await keys.find(digest(made.key))
    assert found is not None
    assert found[:5] == (digest(made.key), made.key_id, "acme", "ci", "web")
    assert found.created_ms > 0
    assert found.expires_ms == 0
    assert await keys.find(digest(made.key + "x")) is None


async def test_a_record_under_another_name_lets_nobody_in(client: Redis) -> None:
    """It says itself which key it is for."""
    keys = KeyStore(client)
    made = await keys.create("acme", "live")
    held: Any = await client.hgetall(key_record_keys(digest(made.key)).key)
    other = digest("another")
    await client.hset(key_record_keys(other).key, mapping=held)
    found = await keys.find(other)
    assert found is not None
    assert found.digest == digest(made.key)


@pytest.mark.parametrize("kind", ["live", "ci", "test"])
async def test_a_key_has_160_random_bits_and_its_kind(client: Redis, kind: str) -> None:
    """32 characters of 5 bits each, no two alike."""
    keys = KeyStore(client)
    made = [(await keys.create("acme", kind)).key for _ in range(20)]
    assert all(key.startswith(f"sp_{kind}_") and len(key.split("_")[2]) == 32 for key in made)
    assert len(set(made)) == 20
    assert len({key[-8:] for key in made}) == 20


async def test_the_store_holds_no_key(client: Redis) -> None:
    """Neither whole nor its random part, under whatever name."""
    keys = KeyStore(client)
    made = [(await keys.create("acme", "live")).key]
    made.append((await keys.rotate((await keys.of_org("acme"))[0].key_id))[0].key)
    held = await everything(client)
    assert digest(made[0]).encode() in held
    assert [key for key in made if key.split("_")[2].encode() in held] == []


async def test_an_organisation_lists_its_own_keys_oldest_first(client: Redis) -> None:
    """And nobody else's."""
    keys = KeyStore(client)
    made = [(await keys.create("acme", kind)).key_id for kind in ("live", "test", "live")]
    other = await keys.create("other", "live")
    assert {record.key_id for record in await keys.of_org("acme")} == set(made)
    listed = await keys.of_org("acme")
    assert listed == sorted(listed, key=lambda record: record.created_ms)
    assert [record.key_id for record in await keys.of_org("other")] == [other.key_id]
    assert await keys.of_org("nobody") == []


async def test_a_revoked_key_is_found_no_more(client: Redis) -> None:
    """Nor listed, and to revoke it again says that there is none."""
    keys = KeyStore(client)
    made, other = await keys.create("acme", "live"), await keys.create("acme", "live")
    assert (await keys.revoke(made.key_id)).digest == digest(made.key)
    assert await keys.find(digest(made.key)) is None
    assert await keys.find(digest(other.key)) is not None
    assert [record.key_id for record in await keys.of_org("acme")] == [other.key_id]
    for act in (keys.revoke, keys.rotate, keys.named):
        with pytest.raises(UnknownKey):
            await act(made.key_id)
    assert await client.hget(KEY_IDS, made.key_id) is None


async def test_of_many_who_revoke_at_once_one_does(client: Redis) -> None:
    """The others are told that there is no such key."""
    keys = KeyStore(client)
    made = await keys.create("acme", "live")
    ends = await asyncio.gather(
        *(keys.revoke(made.key_id) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(end, UnknownKey) for end in ends) == 7


async def test_a_rotated_key_works_for_24_hours_beside_its_successor(client: Redis) -> None:
    """The successor is of the same organisation, kind and project."""
    keys = KeyStore(client)
    made = await keys.create("acme", "ci", "web")
    successor, ends = await keys.rotate(made.key_id)
    old, new = await keys.find(digest(made.key)), await keys.find(digest(successor.key))
    assert old is not None
    assert new is not None
    assert new[2:5] == old[2:5] == ("acme", "ci", "web")
    assert (new.expires_ms, old.expires_ms) == (0, ends)
    left = await client.pttl(key_record_keys(digest(made.key)).key)
    assert 0 < left <= api_keys.RETIREMENT_MS == 24 * 3600 * 1000
    assert await client.pttl(key_record_keys(digest(successor.key)).key) == -1


async def test_a_key_is_rotated_once(client: Redis) -> None:
    """A second time is refused and makes nothing; of two at once one does it."""
    keys = KeyStore(client)
    made = await keys.create("acme", "live")
    ends = await asyncio.gather(
        *(keys.rotate(made.key_id) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(end, RetiredKey) for end in ends) == 3
    with pytest.raises(RetiredKey):
        await keys.rotate(made.key_id)
    assert len(await keys.of_org("acme")) == 2


async def test_a_rotated_key_that_has_ended_leaves_the_lists(client: Redis) -> None:
    """The store removes its record, and the next who lists the keys removes the rest."""
    keys = KeyStore(client)
    made = await keys.create("acme", "live")
    successor, _ = await keys.rotate(made.key_id)
    await client.pexpire(key_record_keys(digest(made.key)).key, 0)
    assert await keys.find(digest(made.key)) is None
    assert [record.key_id for record in await keys.of_org("acme")] == [successor.key_id]
    left = {successor.key_id.encode(): digest(successor.key).encode()}
    assert await client.hgetall(org_key_index("acme")) == left
    assert await client.hgetall(KEY_IDS) == left


async def test_a_key_that_is_listed_while_it_is_made_can_be_revoked(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the lists before its record is there, and whoever lists them then takes it out."""
    keys = KeyStore(client)
    make = scripts.create_key

    async def listed_meanwhile(*args: Any, **named: Any) -> Any:
        assert await keys.of_org("acme") == []
        return await make(*args, **named)

    monkeypatch.setattr(scripts, "create_key", listed_meanwhile)
    made = await keys.create("acme", "live")
    assert [record.key_id for record in await keys.of_org("acme")] == [made.key_id]
    assert (await keys.revoke(made.key_id)).key_id == made.key_id


async def test_a_key_that_is_made_while_the_lists_are_cleaned_can_be_revoked(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever found it without a record and took it out looks once more."""
    keys = KeyStore(client)
    make, take_out = scripts.create_key, KeyStore._unlist
    is_listed, is_seen = asyncio.Event(), asyncio.Event()

    async def made_later(*args: Any, **named: Any) -> Any:
        is_listed.set()
        await is_seen.wait()
        return await make(*args, **named)

    monkeypatch.setattr(scripts, "create_key", made_later)
    creating = asyncio.create_task(keys.create("acme", "live"))
    await is_listed.wait()

    async def taken_out_later(*args: Any) -> None:
        is_seen.set()
        await creating
        await take_out(*args)

    with monkeypatch.context() as patched:
        patched.setattr(KeyStore, "_unlist", taken_out_later)
        await keys.of_org("acme")
    key_id = (await creating).key_id
    assert [record.key_id for record in await keys.of_org("acme")] == [key_id]
    assert (await keys.revoke(key_id)).key_id == key_id


async def test_an_unknown_id_is_of_no_key(client: Redis) -> None:
    """Nor is one that leads to another key's record."""
    keys = KeyStore(client)
    made = await keys.create("acme", "live")
    await client.hset(KEY_IDS, "key_other", digest(made.key))
    for key_id in ("key_nobody", "key_other", ""):
        with pytest.raises(UnknownKey):
            await keys.named(key_id)

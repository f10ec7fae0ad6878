"""The scripts that load cases and replace rules: staged unseen, visible at once, always indexed."""

import asyncio
from typing import Any

from redis.asyncio import Redis

from app.store import scripts
from app.store.script import Reply
from tests.store.sample import (
    KEYS,
    LOADING,
    TTL,
    claim,
    create,
    load,
    post_policy,
    post_rules,
    stage,
    take,
)


async def extend(client: Redis, tag: bytes, *fields: bytes) -> Reply:
    """Add fields to the sample session's case that was loaded with a tag."""
    return await scripts.extend_case(client, KEYS, case_tag=tag, fields=fields)


async def loaded_with(client: Redis) -> bytes:
    """The tag of the sample session's case."""
    tag: Any = await client.hget(KEYS.session, "caseTag")
    return tag or b""


async def test_parts_are_unseen_until_the_case_is_loaded(client: Redis) -> None:
    """The old case stands until then; afterwards nothing of it is left."""
    await create(client, "replay")
    await load(client, b"old", b"1")
    await stage(client, b"a", b"1", b"b", b"2")
    await stage(client, b"c", b"3")
    assert await client.hgetall(KEYS.case) == {b"old": b"1"}
    assert await load(client, b"d", b"4", parts=2) == ("ok", [3])
    expected = {b"a": b"1", b"b": b"2", b"c": b"3", b"d": b"4"}
    assert await client.hgetall(KEYS.case) == expected
    assert await client.exists(LOADING.loading) == 0


async def test_parts_that_nobody_loads_expire(client: Redis) -> None:
    """They never lack an expiry, and each part renews it."""
    await create(client, "replay")
    await stage(client, b"a", b"1")
    await client.pexpire(LOADING.loading, 5)
    await stage(client, b"b", b"2")
    assert TTL / 2 < await client.pttl(LOADING.loading) <= TTL


async def test_a_case_whose_parts_have_expired_is_not_loaded(client: Redis) -> None:
    """What came after the expiry is no whole case."""
    await create(client, "replay")
    await stage(client, b"a", b"1")
    await client.delete(LOADING.loading)
    await stage(client, b"b", b"2")
    assert await load(client, parts=2) == ("lost", [])
    assert await client.exists(KEYS.case) == 0
    assert await client.hget(KEYS.session, "revision") == b"1"


async def test_a_loaded_case_lives_as_long_as_its_session(client: Redis) -> None:
    """It has the session's expiry from the first moment."""
    await create(client, "replay")
    await stage(client, b"a", b"1")
    await client.pexpire(KEYS.session, 1000)
    await load(client, parts=1)
    assert await client.pttl(KEYS.case) > TTL / 2
    assert await client.pttl(KEYS.session) > TTL / 2


async def test_a_case_must_be_indexed_for_what_the_rules_ignore(client: Redis) -> None:
    """The caller is told what lacks, and may send it after the rest."""
    await create(client, "replay")
    await post_rules(client, "aa bb", b"[1,2]")
    assert await load(client, b"i:aa", b"") == ("unindexed", [b"[1,2]", b"bb"])
    assert await client.exists(KEYS.case) == 0
    assert await load(client, b"i:bb", b"", parts=1) == ("ok", [3])
    assert await client.hgetall(KEYS.case) == {b"i:aa": b"", b"i:bb": b""}


async def test_rules_wait_for_the_index_of_a_loaded_case(client: Redis) -> None:
    """Nothing is replaced until the case has all that they need."""
    await create(client, "replay")
    await load(client, b"i:aa", b"")
    assert await post_rules(client, "aa bb") == ("unindexed", [b"bb"])
    assert await client.hget(KEYS.session, "rules") is None
    assert await extend(client, await loaded_with(client), b"i:bb", b"") == ("ok", [])
    assert await post_rules(client, "aa bb") == ("ok", [3])


async def test_rules_need_no_index_without_a_case(client: Redis) -> None:
    """The case that comes later brings it."""
    await create(client, "replay")
    assert await post_rules(client, "aa bb") == ("ok", [2])


async def test_an_index_never_comes_to_another_case(client: Redis) -> None:
    """Fields that were made from a case that has been replaced are refused."""
    await create(client, "replay")
    await load(client)
    tag = await loaded_with(client)
    await load(client)
    assert await extend(client, tag, b"i:bb", b"") == ("stale", [])
    assert await client.hexists(KEYS.case, "i:bb") is False


async def test_an_index_never_resurrects_a_case(client: Redis) -> None:
    """Where its hash is gone, none is made without an expiry."""
    await create(client, "replay")
    await load(client)
    await client.delete(KEYS.case)
    assert await extend(client, await loaded_with(client), b"i:bb", b"") == ("stale", [])
    assert await client.exists(KEYS.case) == 0


async def test_of_rules_and_a_case_that_race_the_second_is_sent_back(client: Redis) -> None:
    """Whichever order the store sees them in, no rule is without its index."""
    await create(client, "replay")
    replies = await asyncio.gather(post_rules(client, "aa"), load(client))
    assert sorted(reply.word for reply in replies) == ["ok", "unindexed"]


async def test_posting_rules_renews_the_claims_of_the_sessions_rules_only(client: Redis) -> None:
    """Those of the case and the cursors stay."""
    await create(client, "replay")
    await load(client, b"k", b"2 0 ab", b"o:0:0", bytes([0, 0, 0, 0, 0, 0, 0, 1]), b"a:0", b"zero")
    for layer in ("session", "case"):
        assert await claim(client, layer=layer) == "ok"
    await take(client, b"k")
    await post_rules(client)
    assert await claim(client) == "ok"
    assert await claim(client, layer="case") == "spent"
    assert await client.hget(KEYS.cursors, "ab") == b"1"


async def test_loading_a_case_renews_its_claims_and_the_cursors(client: Redis) -> None:
    """The claims of the session's rules stay."""
    await create(client, "replay")
    await load(client, b"k", b"1 0", b"a:0", b"zero")
    for layer in ("session", "case"):
        assert await claim(client, layer=layer) == "ok"
    await take(client, b"k")
    await load(client)
    assert await claim(client) == "spent"
    assert await claim(client, layer="case") == "ok"
    assert await client.exists(KEYS.cursors) == 0


async def test_a_policy_renews_nothing(client: Redis) -> None:
    """Claims and cursors stay."""
    await create(client, "replay")
    await load(client, b"k", b"1 0", b"a:0", b"zero")
    await claim(client)
    await take(client, b"k")
    await post_policy(client)
    assert await claim(client) == "spent"
    assert await client.exists(KEYS.cursors) == 1

"""Cases in the store: put together, read back, extended, and never half another."""

import json
from typing import Any

import pytest
from redis.asyncio import Redis

from app.errors import ApiError
from app.store import cases
from app.store.cases import CaseStore, StaleCase, Unindexed, document_fields, whole_document
from app.store.sessions import SessionStore
from tests.store.sample import KEYS, ORG, SESSION, TTL, begin, create, load

DOCUMENT = json.dumps([str(number) * 9 for number in range(40_000)]).encode()


@pytest.fixture
def store(client: Redis) -> CaseStore:
    """The cases of an empty store."""
    return CaseStore(client, TTL)


async def finish(store: CaseStore, *fields: cases.Field) -> int:
    """Load a case of one part into the sample session."""
    loading = store.loading(ORG, SESSION)
    return await loading.finish(fields, case_id="c", trace_count=1, rules="[]")


async def test_a_document_reads_back_from_its_pieces(client: Redis, store: CaseStore) -> None:
    """However many there are, with the tag with which it was loaded."""
    await create(client, "replay")
    loading = store.loading(ORG, SESSION)
    for field in (many := list(document_fields(DOCUMENT))):
        await loading.stage([field])
    assert len(many) > cases.PIECES / 8
    await loading.finish([(b"x", b"y")], case_id="c", trace_count=1, rules="[]")
    tag, pieces = await store.read(ORG, SESSION)
    assert (tag, whole_document(pieces)) == (await client.hget(KEYS.session, "caseTag"), DOCUMENT)


async def test_two_loads_at_once_do_not_mix(client: Redis, store: CaseStore) -> None:
    """Each is put together in a place of its own; the later one stands."""
    await create(client, "replay")
    one, other = store.loading(ORG, SESSION), store.loading(ORG, SESSION)
    await one.stage([(b"one", b"1")])
    await other.stage([(b"other", b"1")])
    for loading in (one, other):
        await loading.finish([(b"d", b"0")], case_id="c", trace_count=1, rules="[]")
    assert await client.hgetall(KEYS.case) == {b"other": b"1", b"d": b"0"}


async def test_what_lacks_for_a_case_is_told_and_may_follow(
    client: Redis, store: CaseStore
) -> None:
    """The load goes on from where it stands."""
    await create(client, "replay")
    await store.replace_rules(
        ORG, SESSION, document=b"{}", rule_count=0, ignores=b"[1]", ids="aa bb"
    )
    loading = store.loading(ORG, SESSION)
    with pytest.raises(Unindexed) as lacking:
        await loading.finish([(b"i:aa", b"")], case_id="c", trace_count=1, rules="[]")
    assert (lacking.value.ignores, lacking.value.lacking) == (b"[1]", ["bb"])
    assert await loading.finish([(b"i:bb", b"")], case_id="c", trace_count=1, rules="[]") == 3


async def test_what_lacks_for_rules_is_told(client: Redis, store: CaseStore) -> None:
    """And may be added to the case."""
    await create(client, "replay")
    await finish(store, (b"d", b"0"))
    rules = {"document": b"{}", "rule_count": 0, "ignores": b"[1]", "ids": "aa"}
    with pytest.raises(Unindexed) as lacking:
        await store.replace_rules(ORG, SESSION, **rules)  # type: ignore[arg-type]
    assert (lacking.value.ignores, lacking.value.lacking) == (b"[1]", ["aa"])
    tag: Any = await client.hget(KEYS.session, "caseTag")
    await store.extend(ORG, SESSION, tag, [(b"i:aa", b"")])
    assert await store.replace_rules(ORG, SESSION, **rules) == 3  # type: ignore[arg-type]


async def test_a_case_that_was_replaced_is_stale(client: Redis, store: CaseStore) -> None:
    """For who would extend it, and for who reads where there is none."""
    await create(client, "replay")
    with pytest.raises(StaleCase):
        await store.read(ORG, SESSION)
    await finish(store, (b"d", b"0"))
    await load(client)
    with pytest.raises(StaleCase):
        await store.extend(ORG, SESSION, b"other", [(b"x", b"")])


async def test_a_case_whose_parts_have_expired_may_be_sent_again(
    client: Redis, store: CaseStore
) -> None:
    """It is as if the store had been away."""
    await create(client, "replay")
    loading = store.loading(ORG, SESSION)
    await loading.stage([(b"a", b"1")])
    async for key in client.scan_iter("*:load:*"):
        await client.delete(key)
    with pytest.raises(ApiError) as refused:
        await loading.finish([(b"b", b"1")], case_id="c", trace_count=1, rules="[]")
    assert refused.value.name == "store_unavailable"


async def test_an_unknown_session_takes_no_case(client: Redis, store: CaseStore) -> None:
    """Neither a part nor a whole one."""
    loading = store.loading(ORG, SESSION)
    for call in (
        loading.stage([(b"a", b"1")]),
        finish(store, (b"d", b"0")),
        store.extend(ORG, SESSION, b"", [(b"x", b"")]),
    ):
        with pytest.raises(ApiError) as refused:
            await call
        assert refused.value.name == "session_not_found"
    assert await client.dbsize() == 0


async def test_a_case_ends_with_its_session(client: Redis, store: CaseStore) -> None:
    """Closing leaves neither case nor cursors."""
    await create(client, "replay")
    await finish(store, (b"d", b"0"))
    sessions = SessionStore(client, TTL)
    assert (await sessions.read(ORG, SESSION)).case == ("c", 1)
    assert await begin(client) == "done"
    assert await client.exists(*KEYS) == 1

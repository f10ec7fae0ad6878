"""Sessions as the rest of the house sees them: created, read, changed, renewed, gone."""

import asyncio

import pytest
from redis.asyncio import Redis

from app.errors import ApiError
from app.store.cases import CaseStore
from app.store.closes import CloseStore, Outcome
from app.store.ids import is_session_id
from app.store.keys import DUE, org_keys, session_keys
from app.store.sessions import CAPTURE_GRACE_MS, RuleDocuments, SessionStore

TTL = 60_000
ORG = "default"


@pytest.fixture
def sessions(client: Redis) -> SessionStore:
    """The sessions of an empty store."""
    return SessionStore(client, TTL)


async def fails_as_unknown(call: object) -> None:
    """The call must answer that there is no such session."""
    with pytest.raises(ApiError) as refused:
        await call  # type: ignore[misc]
    assert refused.value.name == "session_not_found"


async def test_a_new_session_reads_back_as_created(sessions: SessionStore) -> None:
    """Mode, policy and time of creation are there, and every count is 0."""
    session_id, created_ms = await sessions.create(ORG, "replay", '{"externalHttp":"strict"}')
    state = await sessions.read(ORG, session_id)
    assert is_session_id(session_id)
    assert (state.mode, state.revision, state.created_ms) == ("replay", 1, created_ms)
    assert state.policy == '{"externalHttp":"strict"}'
    assert (state.rule_count, state.case, state.last_strict_miss) == (0, None, None)
    assert (state.injected_spans, state.extracted_spans, state.strict_misses) == (0, 0, 0)


async def test_documents_read_back_with_their_version(
    sessions: SessionStore, client: Redis
) -> None:
    """Rules, policy and case rules come together, and the next write gives them another."""
    session_id, _ = await sessions.create(ORG, "replay", "{}")
    cases = CaseStore(client, TTL)
    await cases.replace_rules(
        ORG, session_id, document=b'{"rules":[]}', rule_count=0, ignores=b"[]", ids=""
    )
    await sessions.replace(ORG, session_id, policy="{}")
    revision = await cases.loading(ORG, session_id).finish(
        [(b"d", b"0")], case_id="c", trace_count=2, rules="[]"
    )
    version = await sessions.version(ORG, session_id)
    documents = await sessions.rule_documents(ORG, session_id)
    assert documents == RuleDocuments(version, b'{"rules":[]}', b"[]", b"{}")
    assert revision == 4
    await sessions.replace(ORG, session_id, policy="{}")
    assert await sessions.version(ORG, session_id) != version
    assert (await sessions.read(ORG, session_id)).case == ("c", 2)


async def test_another_organisation_sees_nothing(sessions: SessionStore) -> None:
    """An id of another organisation is as unknown as one that never was."""
    session_id, _ = await sessions.create("acme", "replay", "{}")
    await fails_as_unknown(sessions.read("other", session_id))
    await fails_as_unknown(sessions.replace("other", session_id, policy="{}"))


async def test_reading_renews_a_session_but_not_its_revision(
    sessions: SessionStore, client: Redis
) -> None:
    """Any successful call is a use."""
    session_id, _ = await sessions.create(ORG, "replay", "{}")
    key = session_keys(ORG, session_id).session
    await client.pexpire(key, TTL // 2)
    assert (await sessions.version(ORG, session_id)).startswith("1-")
    assert await client.pttl(key) > TTL * 0.9


async def test_a_renewal_may_lag_by_a_hundredth(sessions: SessionStore, client: Redis) -> None:
    """A session that was used just now is read without being renewed."""
    session_id, _ = await sessions.create(ORG, "replay", "{}")
    key = session_keys(ORG, session_id).session
    await client.pexpire(key, TTL - TTL // 200)
    await sessions.version(ORG, session_id)
    assert await client.pttl(key) <= TTL - TTL // 200


async def test_a_lapsed_capture_session_is_unknown_though_it_is_kept(
    sessions: SessionStore, client: Redis
) -> None:
    """What the sweeper has yet to flush is no session any more to a caller."""
    session_id, _ = await sessions.create(ORG, "capture", "{}")
    await client.pexpire(session_keys(ORG, session_id).session, CAPTURE_GRACE_MS)
    await fails_as_unknown(sessions.read(ORG, session_id))


async def test_a_lapsed_session_stays_unknown_while_the_sweeper_closes_it(
    sessions: SessionStore, client: Redis
) -> None:
    """To readers, to writers and on the list."""
    session_id, _ = await sessions.create(ORG, "capture", "{}")
    keys = session_keys(ORG, session_id)
    await client.pexpire(keys.session, CAPTURE_GRACE_MS)
    begun = await CloseStore(client).begin(ORG, session_id, "sweeper", lapsed=True)
    assert begun.outcome is Outcome.FLUSH
    await fails_as_unknown(sessions.read(ORG, session_id))
    await fails_as_unknown(sessions.replace(ORG, session_id, policy="{}"))
    assert await sessions.index.page(ORG, None, 10) == ([], False)


async def test_the_list_is_newest_first_in_pages(sessions: SessionStore) -> None:
    """Pages follow each other without gap or repetition."""
    made = [(await sessions.create(ORG, "replay", "{}"))[0] for _ in range(7)]
    listed: list[str] = []
    before, more = None, True
    while more:
        page, more = await sessions.index.page(ORG, before, 3)
        assert len(page) <= 3
        listed += [session.session_id for session in page]
        before = listed[-1]
    assert listed == made[::-1]


async def test_the_list_leaves_out_what_has_expired(sessions: SessionStore, client: Redis) -> None:
    """An index entry without its session is passed over, and pages stay full."""
    made = [(await sessions.create(ORG, "replay", "{}"))[0] for _ in range(6)]
    for session_id in made[2:5]:
        await client.delete(session_keys(ORG, session_id).session)
    page, more = await sessions.index.page(ORG, None, 3)
    assert [session.session_id for session in page] == [made[5], made[1], made[0]]
    assert not more


async def test_ids_of_one_replica_sort_as_they_were_made(sessions: SessionStore) -> None:
    """Even sessions of the same millisecond are listed newest first."""
    made = [(await sessions.create(ORG, "replay", "{}"))[0] for _ in range(20)]
    assert made == sorted(made)


async def test_an_ended_session_leaves_the_indexes(sessions: SessionStore, client: Redis) -> None:
    """Neither the list nor the sweeper meets it again."""
    session_id, _ = await sessions.create(ORG, "replay", "{}")
    await sessions.index.remove(ORG, session_id)
    assert await client.zcard(org_keys(ORG).open) == 0
    assert await client.zcard(DUE) == 0


async def test_sessions_are_due_when_their_life_is_over(sessions: SessionStore) -> None:
    """The sweeper is shown what may have lapsed, and nothing else."""
    session_id, _ = await sessions.create(ORG, "replay", "{}")
    await sessions.create(ORG, "replay", "{}")
    assert await sessions.index.due(10) == []
    await sessions.index.reschedule(ORG, session_id, -1)
    assert await sessions.index.due(10) == [(ORG, session_id)]


async def test_concurrent_changes_are_one_sequence(sessions: SessionStore) -> None:
    """A hundred writers get the revisions 2 to 101."""
    session_id, _ = await sessions.create(ORG, "replay", "{}")
    revisions = await asyncio.gather(
        *(sessions.replace(ORG, session_id, policy="{}") for _ in range(100))
    )
    assert sorted(revisions) == list(range(2, 102))

"""Versions side by side: what the last one wrote is read, what a coming one wrote is left alone."""

import json

import pytest
from redis.asyncio import Redis

from app.errors import ApiError
from app.store.captures import CaptureIndex
from app.store.cases import CaseStore, whole_document
from app.store.closes import CloseStore, Outcome
from app.store.hits import Chosen, HitStore
from app.store.keys import session_keys
from app.store.sessions import SessionStore
from app.store.spans import SpanStore
from tests.store.sample import KEYS, ORG, SESSION, TTL, create
from tools.store_state import CASE, FILE, RULES, SPANS, WANTED, chosen, restore


@pytest.fixture
async def ids(client: Redis) -> dict[str, str]:
    """The sessions of a store that version 1 left, by what they are; its leases have run out."""
    document = json.loads(FILE.read_text("utf-8"))
    await restore(client, document["keys"])
    closing = session_keys(ORG, document["sessions"]["closing"]).session
    await client.hset(closing, "leaseUntil", "0")
    sessions: dict[str, str] = document["sessions"]
    return sessions


async def test_a_session_of_version_1_is_read(client: Redis, ids: dict[str, str]) -> None:
    """Its documents, its counts and its place in the list."""
    sessions = SessionStore(client, TTL)
    state = await sessions.read(ORG, ids["replay"])
    assert (state.revision, state.mode, state.case) == (3, "replay", ("c", 2))
    assert (state.strict_misses, state.last_strict_miss) == (1, '{"path":"/a"}')
    assert await sessions.rules(ORG, ids["replay"]) == RULES
    listed, _ = await sessions.index.page(ORG, None, 10)
    assert {session.session_id for session in listed} >= {ids["replay"], ids["capture"]}
    assert await sessions.replace(ORG, ids["replay"], policy="{}") == 4


async def test_a_replay_of_version_1_goes_on(client: Redis, ids: dict[str, str]) -> None:
    """Its claims hold, its recordings go on where they were, and its case reads back."""
    hits, cases = HitStore(client, TTL), CaseStore(client, TTL)
    once = await chosen(SessionStore(client, TTL), ids["replay"])
    assert (await hits.take(ORG, ids["replay"], once, WANTED))[0] == "spent"
    again = once._replace(once=False)
    assert await hits.take(ORG, ids["replay"], again, WANTED) == ("ok", b"second")
    _, pieces = await cases.read(ORG, ids["replay"])
    assert whole_document(pieces) == CASE


async def test_a_capture_of_version_1_goes_on_and_is_closed(
    client: Redis, ids: dict[str, str]
) -> None:
    """Spans that it has are not taken again, and its close finds them in order."""
    spans, closes = SpanStore(client, TTL, 10_000), CloseStore(client)
    kept = await spans.append(ORG, ids["capture"], [*SPANS, (b"new", b"one more")])
    assert kept == (1, 0)
    assert (await closes.begin(ORG, ids["capture"], "me")).outcome is Outcome.FLUSH
    [page] = [page async for page in spans.pages(ORG, ids["capture"])]
    assert page == [*(payload for _, payload in SPANS), b"one more"]
    assert await closes.commit(ORG, ids["capture"], "me")


async def test_a_close_that_version_1_began_is_finished(client: Redis, ids: dict[str, str]) -> None:
    """And one that it ended is known to be closed, with its capture."""
    closes = CloseStore(client)
    begun = await closes.begin(ORG, ids["closing"], "me", lapsed=True)
    assert begun.outcome is Outcome.FLUSH
    assert (await closes.begin(ORG, ids["closed"], "me")).outcome is Outcome.CLOSED
    entry = await CaptureIndex(client).find(ORG, ids["closed"])
    assert entry is not None
    assert entry.case_path == "/cases/a.json"


async def test_a_session_of_a_coming_version_is_unavailable_and_stays_as_it_is(
    client: Redis,
) -> None:
    """Reads, changes and closes are refused; lists and sweeps pass it over."""
    await create(client)
    await client.hset(KEYS.session, "schema", "2")
    held = await client.hgetall(KEYS.session)
    sessions, closes = SessionStore(client, TTL), CloseStore(client)
    rule = Chosen("1-", layer="session", place=0, once=True)
    for call in (
        sessions.read(ORG, SESSION),
        sessions.replace(ORG, SESSION, policy="{}"),
        SpanStore(client, TTL, 100).append(ORG, SESSION, [(b"1", b"a")]),
        sessions.count(ORG, SESSION, "injectedSpans"),
        HitStore(client, TTL).take(ORG, SESSION, rule, WANTED),
        HitStore(client, TTL).claim(ORG, SESSION, rule, is_hit=True),
        CaseStore(client, TTL).loading(ORG, SESSION).stage([(b"a", b"b")]),
        closes.begin(ORG, SESSION, "me"),
    ):
        with pytest.raises(ApiError) as refused:
            await call
        assert refused.value.name == "store_unavailable"
    assert (await closes.begin(ORG, SESSION, "me", lapsed=True)).outcome is Outcome.LIVE
    await sessions.index.add(ORG, SESSION, lapses_in_ms=TTL)
    assert await sessions.index.page(ORG, None, 10) == ([], False)
    assert await client.hgetall(KEYS.session) == held

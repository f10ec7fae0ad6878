"""Projects: a session that belongs to one is not there for whoever is bound to another."""

import asyncio
import json
from typing import Any

import pytest
from redis.asyncio import Redis

from app.errors import ApiError
from app.store import scripts
from app.store.captures import CaptureIndex
from app.store.closes import CloseStore, Outcome
from app.store.keys import org_keys, session_keys
from app.store.sessions import SessionStore
from tests.store.sample import ORG, TTL

PROJECTS = ("web", "app", "")


@pytest.fixture
async def made(client: Redis) -> dict[str, str]:
    """Three open capture sessions, by their projects."""
    sessions = SessionStore(client, TTL)
    return {name: (await sessions.create(ORG, "capture", "{}", name))[0] for name in PROJECTS}


async def is_there(sessions: SessionStore, session_id: str, project: str) -> bool:
    """Whether a session is reached by both ways that a bound key has, which have to agree."""
    asked = (sessions.version, sessions.reach)
    ends: list[object] = await asyncio.gather(
        *(ask(ORG, session_id, project) for ask in asked), return_exceptions=True
    )
    told = [end.name for end in ends if isinstance(end, ApiError)]
    assert told in ([], ["session_not_found"] * 2)
    return not told


@pytest.mark.parametrize("project", ["web", "app"])
async def test_who_is_bound_reaches_what_carries_the_label(
    client: Redis, made: dict[str, str], project: str
) -> None:
    """And neither another project's, nor what carries none, nor what never was."""
    sessions = SessionStore(client, TTL)
    seen = [name for name, sid in made.items() if await is_there(sessions, sid, project)]
    assert seen == [project]
    assert not await is_there(sessions, "sess_01HZZZZZZZZZZZZZZZZZZZZZZZ", project)


async def test_who_is_not_bound_reaches_all(client: Redis, made: dict[str, str]) -> None:
    """Whatever label they carry; one without has no field, as sessions of an older version."""
    sessions = SessionStore(client, TTL)
    for session_id in made.values():
        assert await sessions.version(ORG, session_id)
    assert not await client.hexists(session_keys(ORG, made[""]).session, "project")


async def test_a_look_in_vain_does_not_prolong_a_life(client: Redis, made: dict[str, str]) -> None:
    """A session is renewed by those who may use it alone."""
    key, left = session_keys(ORG, made["web"]).session, 500_000
    await client.pexpire(key, left)
    with pytest.raises(ApiError):
        await SessionStore(client, 10 * TTL).version(ORG, made["web"], "app")
    assert await client.pttl(key) <= left


async def test_lists_are_those_of_the_project(client: Redis, made: dict[str, str]) -> None:
    """Page by page, though others lie between."""
    sessions = SessionStore(client, TTL)
    more = [(await sessions.create(ORG, "replay", "{}", name))[0] for name in PROJECTS * 3]
    mine = [made["web"], *more[::3]][::-1]
    first, is_more = await sessions.index.page(ORG, None, 2, "web")
    rest, is_yet_more = await sessions.index.page(ORG, first[-1].session_id, 9, "web")
    assert [listed.session_id for listed in first + rest] == mine
    assert (is_more, is_yet_more) == (True, False)
    everything, _ = await sessions.index.page(ORG, None, 99)
    assert len(everything) == len(more) + len(made)


async def test_a_close_tells_the_project_and_leaves_it(client: Redis, made: dict[str, str]) -> None:
    """So that a second close is told that it is closed, but to those alone who may know."""
    sessions, closes = SessionStore(client, TTL), CloseStore(client)
    for project, session_id in made.items():
        begun = await closes.begin(ORG, session_id, "owner")
        assert (begun.outcome, begun.project) == (Outcome.FLUSH, project)
        assert await closes.commit(ORG, session_id, "owner")
    await sessions.reach(ORG, made["web"], "web")
    for other in ("app", ""):
        with pytest.raises(ApiError):
            await sessions.reach(ORG, made[other], "web")


async def test_captures_are_those_of_the_project(client: Redis) -> None:
    """Found and listed, page by page; who is bound to none has all."""
    index = CaptureIndex(client)
    for at, project in enumerate(PROJECTS * 3):
        where = {"case_path": f"/{at}", "trace_count": 1, "created_ms": 5, "size": 7}
        await index.add(ORG, f"c{at}", project=project, **where)  # type: ignore[arg-type]
    first, is_more = await index.page(ORG, None, 2, "app")
    rest, is_yet_more = await index.page(ORG, "c4", 2, "app")
    assert [entry.capture_id for entry in first + rest] == ["c7", "c4", "c1"]
    assert (is_more, is_yet_more) == (True, False)
    assert await index.find(ORG, "c1", "web") is None
    assert await index.find(ORG, "c1", "app")
    assert len((await index.page(ORG, None, 99))[0]) == 9
    assert await index.page(ORG, None, 2, "none") == ([], False)


async def test_an_entry_without_a_project_is_as_older_versions_wrote_it(client: Redis) -> None:
    """Six values, which they read; theirs are read as of no project."""
    index = CaptureIndex(client)
    await index.add(ORG, "c1", case_path="/1", trace_count=1, created_ms=5, size=7)
    held: Any = await client.hget(org_keys(ORG).entries, "c1")
    assert len(json.loads(held)) == 6
    await scripts.index_capture(
        client,
        org_keys(ORG),
        capture_id="c0",
        entry=json.dumps(["c0", "/0", 1, 5, 6, 7]),
        keep=10,
        ttl_ms=TTL,
    )
    found = await index.find(ORG, "c0")
    assert found is not None
    assert found.project == ""
    assert await index.find(ORG, "c0", "web") is None

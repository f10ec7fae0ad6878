"""The indexes over sessions: which are open, newest first, and when each lapses.

They live in slots of their own, so they are not part of the scripts that change a session. What
they say of a session is a hint: readers look at the session itself, and the sweeper prunes. A
session in a form that this version does not know is not listed.
"""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from redis.asyncio import Redis

from app.store import scripts
from app.store.clock import store_clock
from app.store.faults import is_of_another_kind, store_faults
from app.store.keys import (
    DUE,
    SCHEMA,
    DueKeys,
    counted_fields,
    due_member,
    due_owner,
    org_keys,
    org_quota_keys,
    session_keys,
)

# Stands in the place of a session's id where the counts of its organisation are to be looked at.
WHOLE_ORG = ""

LISTED_FIELDS = ("state", "grace", "revision", "mode", "createdAt", "ruleCount", "project")


class ListedSession(NamedTuple):
    """One line of the list of open sessions; created_ms is in ms since the epoch."""

    session_id: str
    revision: int
    mode: str
    created_ms: int
    rule_count: int


def _read(answer: Any) -> Any:
    """What was read; None of a key that holds something of another kind than a session."""
    if is_of_another_kind(answer):
        return None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _is_listed(held: Any, life_ms: int, project: str) -> bool:
    if not held or held[0] not in (b"open", b"closing") or held[7] != SCHEMA:
        return False
    if project and held[6] != project.encode():
        return False
    return life_ms > int(held[1])


class SessionIndex:
    """Open sessions by organisation, and all sessions by the time at which they lapse.

    keep_ms: life of an index after its last use; no session outlives it unseen.
    """

    def __init__(self, client: Redis, keep_ms: int) -> None:
        self._client = client
        self._keep_ms = keep_ms

    async def add(self, org: str, session_id: str, lapses_in_ms: int) -> None:
        """Note a session that is about to be created; a store that is full takes no note."""
        with store_faults():
            pipe = self._client.pipeline(transaction=False)
            pipe.zadd(org_keys(org).open, {session_id: 0})
            pipe.pexpire(org_keys(org).open, self._keep_ms)
            await pipe.execute()
        await self._schedule(org, session_id, lapses_in_ms)

    async def remove(self, org: str, session_id: str) -> None:
        """Forget a session that has ended; it no longer counts as open either."""
        counts = org_quota_keys(org)
        pipe = self._client.pipeline(transaction=False)
        pipe.zrem(org_keys(org).open, session_id)
        pipe.zrem(counts.live, session_id)
        pipe.zrem(counts.reserved, session_id)
        pipe.hdel(counts.counted, *counted_fields(session_id))
        pipe.zrem(DUE, due_member(org, session_id))
        with store_faults():
            await pipe.execute()

    async def reschedule(self, org: str, session_id: str, in_ms: int) -> None:
        """Have the sweeper look at a session again after a while, and keep the indexes alive."""
        await self._schedule(org, session_id, in_ms)
        with store_faults():
            await self._client.pexpire(org_keys(org).open, self._keep_ms)

    async def note_org(self, org: str, in_ms: int) -> None:
        """Have the sweeper look at what is counted of an organisation, unless it will already."""
        await self._schedule(org, WHOLE_ORG, in_ms, unless_noted=True)

    async def _schedule(
        self, org: str, session_id: str, in_ms: int, *, unless_noted: bool = False
    ) -> None:
        with store_faults():
            await scripts.schedule_session(
                self._client,
                DueKeys(),
                member=due_member(org, session_id),
                in_ms=in_ms,
                keep_ms=self._keep_ms,
                unless_noted=unless_noted,
            )

    async def due(self, limit: int) -> list[tuple[str, str]]:
        """Organisation and id of sessions whose time has come, longest overdue first.

        The id is WHOLE_ORG where an organisation is to be looked at.
        """
        with store_faults():
            now = await store_clock(self._client)
            members: list[Any] = await self._client.zrange(
                DUE, "-inf", now, byscore=True, offset=0, num=limit
            )
        return [due_owner(member.decode()) for member in members]

    async def page(
        self, org: str, before: str | None, limit: int, project: str = ""
    ) -> tuple[list[ListedSession], bool]:
        """Open sessions, newest first, and whether there are more.

        before: the last id of the page before, or None for the first page.
        project: the only one whose sessions are listed; empty for all.
        """
        found: list[ListedSession] = []
        with store_faults():
            async for session in self._walk(org, before, limit + 1, project):
                found.append(session)
                if len(found) > limit:
                    return found[:limit], True
        return found, False

    async def _walk(
        self, org: str, before: str | None, step: int, project: str
    ) -> AsyncIterator[ListedSession]:
        upper = f"({before}" if before else "+"
        while True:
            raw: list[Any] = await self._client.zrange(
                org_keys(org).open, upper, "-", desc=True, bylex=True, offset=0, num=step
            )
            for session in await self._read(org, [member.decode() for member in raw], project):
                yield session
            if len(raw) < step:
                return
            upper = f"({raw[-1].decode()}"

    async def _read(self, org: str, session_ids: list[str], project: str) -> list[ListedSession]:
        pipe = self._client.pipeline(transaction=False)
        for session_id in session_ids:
            key = session_keys(org, session_id).session
            pipe.hmget(key, [*LISTED_FIELDS, "schema"])
            pipe.pttl(key)
        answers = await pipe.execute(raise_on_error=False)
        rows = zip(session_ids, answers[::2], answers[1::2], strict=True)
        return [
            ListedSession(
                session_id, int(held[2]), held[3].decode(), int(held[4]), int(held[5] or 0)
            )
            for session_id, held, life in rows
            if _is_listed(_read(held), _read(life), project)
        ]

"""Closing sessions in the store: `open → closing → closed`, one owner at a time under a lease."""

from enum import StrEnum
from typing import Any, NamedTuple

from redis.asyncio import Redis

from app.store import scripts
from app.store.faults import store_faults
from app.store.keys import session_keys
from app.store.script import Reply

# After this long without a sign of life from its owner, anyone may take a close over, in ms.
LEASE_MS = 10_000
# How long a second close of a session is told that it is closed, in ms.
TOMBSTONE_MS = 24 * 3600 * 1000


class Outcome(StrEnum):
    """What becomes of a close; all but OPEN are replies of `begin_close.lua`."""

    FLUSH = "flush"
    DONE = "done"
    CLOSING = "closing"
    CLOSED = "closed"
    LIVE = "live"
    GONE = "gone"
    OPEN = "open"


class Begun(NamedTuple):
    """How far the beginning of a close has come.

    outcome: FLUSH where the caller owns it and is to write the case.
    created_ms: for FLUSH, the session's creation in ms since the epoch.
    project: for FLUSH, that of the session; empty for none.
    left_ms: for LIVE, how long the session lives yet.
    """

    outcome: Outcome
    created_ms: int = 0
    project: str = ""
    left_ms: int = 0


def _begun(reply: Reply) -> Begun:
    outcome = Outcome(reply.word)
    if outcome is Outcome.FLUSH:
        created_ms, project = reply.values
        return Begun(outcome, created_ms=int(created_ms), project=project.decode())
    return Begun(outcome, left_ms=int(reply.values[0]) if reply.values else 0)


class CloseStore:
    """The closes of all sessions. An owner is a text that no other attempt uses."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def begin(self, org: str, session_id: str, owner: str, *, lapsed: bool = False) -> Begun:
        """Begin a close, or take over one whose owner is gone.

        lapsed: begin only if the session has lapsed; for the sweeper.
        """
        with store_faults():
            reply = await scripts.begin_close(
                self._client,
                session_keys(org, session_id),
                owner=owner,
                lease_ms=LEASE_MS,
                tombstone_ms=TOMBSTONE_MS,
                lapsed=lapsed,
            )
        return _begun(reply)

    async def is_open_capture(self, org: str, session_id: str) -> bool:
        """Whether a close of the session, if one began now, would have a case to write."""
        key = session_keys(org, session_id).session
        with store_faults():
            held: Any = await self._client.hmget(key, ["mode", "state"])
        return [*held] == [b"capture", b"open"]

    async def state(self, org: str, session_id: str) -> Outcome:
        """What has become of a session: OPEN, CLOSING, CLOSED or GONE."""
        with store_faults():
            held: Any = await self._client.hget(session_keys(org, session_id).session, "state")
        return Outcome(held.decode()) if held else Outcome.GONE

    async def renew(self, org: str, session_id: str, owner: str) -> bool:
        """Prolong the lease; False if another owner has taken over."""
        keys = session_keys(org, session_id)
        with store_faults():
            reply = await scripts.renew_lease(self._client, keys, owner=owner, lease_ms=LEASE_MS)
        return reply.word == "ok"

    async def commit(self, org: str, session_id: str, owner: str) -> bool:
        """End a close whose case is durable; False if another owner has taken over.

        True too where it has ended for this owner: before, or by the sweeper in its place.
        """
        keys = session_keys(org, session_id)
        with store_faults():
            reply = await scripts.commit_close(
                self._client, keys, owner=owner, tombstone_ms=TOMBSTONE_MS
            )
        return reply.word == "ok"

    async def abort(self, org: str, session_id: str, owner: str) -> bool:
        """Reopen a session whose case could not be written; False if another owner took over."""
        keys = session_keys(org, session_id)
        with store_faults():
            reply = await scripts.abort_close(self._client, keys, owner=owner)
        return reply.word == "ok"

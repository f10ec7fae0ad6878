"""The quotas of all organisations in the store: charged, told and given back, for all replicas."""

import secrets
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from redis.asyncio import Redis

from app.quotas.limits import Plan
from app.quotas.standing import Standings, read_standings
from app.store import scripts
from app.store.faults import store_faults
from app.store.keys import org_quota_keys

# How long a charge is its own call's alone, in ms: after that anybody may look whether the session
# came to be, or what an upload has kept. Calls give up long before.
RESERVED_MS = 10_000
# Counts outlive the month that they are for, in ms; and sessions, where those live longer.
LIFE_MS = 62 * 24 * 3600 * 1000


class Seen(StrEnum):
    """What has been seen of a session that is counted as open."""

    OPEN = "open"
    ENDED = "ended"
    NEVER = "never"


class Taken(NamedTuple):
    """Whether a create was charged, and the standings after that."""

    is_charged: bool
    standings: Standings


class Hold(NamedTuple):
    """Bytes that an upload may come to.

    granted: how many. name: empty where it is none. standings: before it.
    """

    granted: int
    name: str
    standings: Standings


class QuotaStore:
    """What organisations use.

    client: the connection. plan: the limits. ttl_ms: a session's life after its last use, which
    who only reads need not know.
    """

    def __init__(self, client: Redis, plan: Plan, ttl_ms: int = 0) -> None:
        self._client = client
        self._tier = plan.tier
        self._presets = plan.text()
        self._life_ms = max(LIFE_MS, 2 * ttl_ms)

    def _standings(self, told: Sequence[Any]) -> Standings:
        return read_standings(told, self._tier)

    async def take(self, org: str, session_id: str, held_to: str) -> Taken:
        """Charge a create of a session with this id, if nothing is used up.

        held_to: a tier whose limits bound the call too; empty for none.
        """
        with store_faults():
            reply = await scripts.take_quota(
                self._client,
                org_quota_keys(org),
                session=session_id,
                held_to=held_to,
                presets=self._presets,
                life_ms=self._life_ms,
            )
        return Taken(reply.word == "ok", self._standings(reply.values))

    async def usage(self, org: str, held_to: str) -> Standings:
        """What is used at the moment.

        held_to: a tier whose limits bound the caller too; empty for none.
        """
        with store_faults():
            reply = await scripts.read_usage(
                self._client, org_quota_keys(org), held_to=held_to, presets=self._presets
            )
        return self._standings(reply.values)

    async def settle(self, org: str, seen: dict[str, Seen]) -> int:
        """Note what was seen of sessions; gives how many are no longer counted as open."""
        with store_faults():
            reply = await scripts.settle_sessions(
                self._client,
                org_quota_keys(org),
                life_ms=self._life_ms,
                seen=[word for pair in seen.items() for word in pair],
            )
        return int(reply.values[0])

    async def hold(self, org: str, session_id: str, wanted: int, held_to: str) -> Hold:
        """Hold bytes for an upload to a session, as many as are left.

        wanted: how many it may come to.
        held_to: a tier whose limits bound the call too; empty for none.
        """
        with store_faults():
            reply = await scripts.hold_bytes(
                self._client,
                org_quota_keys(org),
                session=session_id,
                nonce=secrets.token_hex(8),
                wanted=wanted,
                held_to=held_to,
                presets=self._presets,
                life_ms=self._life_ms,
            )
        granted, name, *told = reply.values
        return Hold(int(granted), name.decode(), self._standings(told))

    async def count(self, org: str, hold: str, total: int | None, held_to: str = "") -> Standings:
        """Count what came of a hold, and let it go; gives the standings afterwards.

        total: how many bytes the session has kept since its creation; None if it cannot be asked.
        held_to: the tier that bounds the standings too; empty for none.
        """
        with store_faults():
            reply = await scripts.count_bytes(
                self._client,
                org_quota_keys(org),
                session=session_of(hold),
                hold=hold,
                total=-1 if total is None else total,
                held_to=held_to,
                presets=self._presets,
                life_ms=self._life_ms,
            )
        return self._standings(reply.values)

    async def add(self, org: str, octets: int) -> None:
        """Count bytes that were handed out."""
        with store_faults():
            await scripts.add_bytes(
                self._client, org_quota_keys(org), octets=octets, life_ms=self._life_ms
            )


def session_of(hold: str) -> str:
    """The session whose upload a hold is for."""
    return hold.partition(" ")[0]

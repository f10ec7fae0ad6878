"""Organisations: their names, tiers and limits of their own."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from redis.asyncio import Redis

from app.store import scripts
from app.store.faults import store_faults
from app.store.keys import ORGS, org_record_keys

TIERS = ("free", "team", "enterprise")
# What an organisation may have limits of its own for (hosted.md).
LIMITED = ("sessions_per_minute", "sessions_per_month", "open_sessions", "bytes_per_month")

_LIMIT = "limit:"
# It stands in keys, in captures' paths and in log lines.
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class Organisation(NamedTuple):
    """An organisation's record.

    created_ms: ms since the epoch. limits: those of its own, by the quota's name.
    """

    org: str
    tier: str
    created_ms: int
    limits: dict[str, int]


def is_org_name(text: str) -> bool:
    """Whether an organisation may be called so."""
    return _NAME.fullmatch(text) is not None


def _fields(tier: str, limits: Mapping[str, int | None]) -> list[str]:
    """As the scripts take them; a limit of None takes the organisation's own away."""
    fields = ["tier", tier] if tier else []
    for name, limit in limits.items():
        fields += [_LIMIT + name, "" if limit is None else str(limit)]
    return fields


def _organisation(org: str, held: Mapping[bytes, bytes]) -> Organisation | None:
    if not held:
        return None
    named = {name.decode(): value.decode() for name, value in held.items()}
    limits = {
        name.removeprefix(_LIMIT): int(value)
        for name, value in sorted(named.items())
        if name.startswith(_LIMIT)
    }
    return Organisation(org, named.get("tier", ""), int(named.get("createdAt", 0)), limits)


class OrgStore:
    """All organisations."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def create(self, org: str, tier: str, limits: Mapping[str, int]) -> bool:
        """Write down a new organisation; False if there is one of this name."""
        with store_faults():
            await self._client.zadd(ORGS, {org: 0})
            reply = await scripts.create_org(
                self._client, org_record_keys(org), fields=_fields(tier, limits)
            )
        return reply.word == "ok"

    async def change(self, org: str, tier: str, limits: Mapping[str, int | None]) -> bool:
        """Change an organisation's tier, if one is given, and limits; False if there is none."""
        with store_faults():
            reply = await scripts.change_org(
                self._client, org_record_keys(org), fields=_fields(tier, limits)
            )
        return reply.word == "ok"

    async def find(self, org: str) -> Organisation | None:
        """An organisation by its name."""
        with store_faults():
            held: Any = await self._client.hgetall(org_record_keys(org).org)
        return _organisation(org, held)

    async def every(self) -> list[Organisation]:
        """All of them, by name."""
        with store_faults():
            names: list[Any] = await self._client.zrange(ORGS, 0, -1)
            pipe = self._client.pipeline(transaction=False)
            for name in names:
                pipe.hgetall(org_record_keys(name.decode()).org)
            rows = await pipe.execute() if names else []
        found = (_organisation(name.decode(), held) for name, held in zip(names, rows, strict=True))
        return list(filter(None, found))

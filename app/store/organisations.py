"""Organisations in the store: made, changed, found and listed."""

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from app.store import scripts
from app.store.faults import store_faults
from app.store.keys import ORGS, org_record_keys
from app.store.organisation import Organisation

_LIMIT = "limit:"


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

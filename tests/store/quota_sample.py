"""An organisation with quotas to charge."""

from typing import Any

from redis.asyncio import Redis

from app.quotas.limits import QUOTAS, TIERS, Plan, read_plan
from app.quotas.standing import Standings
from app.store.keys import org_quota_keys
from app.store.new_sessions import CountedSessions
from app.store.quotas import RESERVED_MS, QuotaStore
from app.store.reconciler import Reconciler
from app.store.sessions import SessionStore
from app.store.spans import SpanStore
from app.store.uploads import CountedUploads
from app.telemetry.metrics import Metrics

ORG = "acme"
KEYS = org_quota_keys(ORG)
TTL = 60_000
# Longer ago than a charge is its own call's alone, in ms.
LONG_AGO = RESERVED_MS + 1000


def plan(text: str) -> Plan:
    """The plan that a setting names."""
    read = read_plan(text)
    assert read
    return read


class Org:
    """One organisation over a store, with the limits of a setting."""

    def __init__(self, client: Redis, limits: str) -> None:
        self.client = client
        self.sessions = SessionStore(client, TTL)
        self.quotas = QuotaStore(client, plan(limits), TTL)
        self.reconciler = Reconciler(client, self.quotas, TTL)
        self.metrics = Metrics()
        self.new = CountedSessions(self.sessions, self.quotas, self.reconciler, self.metrics)
        self.spans = SpanStore(client, TTL, max_bytes=100_000)
        self.uploads = CountedUploads(self.spans, self.quotas, self.reconciler, self.metrics)

    async def used(self) -> list[int]:
        """What is used of each quota, in order."""
        return [standing.used for standing in (await self.standings()).quotas]

    async def standings(self) -> Standings:
        """All of it."""
        return await self.quotas.usage(ORG, "")

    async def record(self, **fields: str | int) -> None:
        """Give the organisation a record, or change it."""
        named: Any = {name.replace("__", ":"): value for name, value in fields.items()}
        await self.client.hset(KEYS.record, mapping=named)
        await self.client.pexpire(KEYS.record, TTL)

    async def age(self, key: str, by_ms: int) -> None:
        """Let all that a set says have been said so long before."""
        held: Any = await self.client.zrange(key, 0, -1, withscores=True)
        for member, score in held:
            await self.client.zadd(key, {member: score - by_ms})


async def members(client: Redis, key: str) -> list[str]:
    """What a set holds, lowest first."""
    held: Any = await client.zrange(key, 0, -1)
    return [member.decode() for member in held]


ALL = ",".join(f"{name}={TIERS['free'][name]}" for name in QUOTAS)

"""A crowd of callers that all want sessions at once, of several replicas."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

import httpx
import redis

from app.store.keys import org_quota_keys
from app.store.quotas import RESERVED_MS
from tests.servers import Replica, wait_until

ORG = "default"
KEYS = org_quota_keys(ORG)
# Statuses after which a call is to be made again; no answer at all counts as the second.
AGAIN = 503
# How long a caller goes on asking, in calls.
PATIENCE = 200


def over_http(replicas: Sequence[Replica], callers: int) -> list[httpx.AsyncClient]:
    """A client for each of some replicas that run in processes of their own."""
    limits = httpx.Limits(max_connections=callers)
    return [
        httpx.AsyncClient(base_url=replica.base, limits=limits, timeout=60) for replica in replicas
    ]


class Crowd:
    """Callers that spread over replicas, and what they were told.

    clients: one for each replica; the crowd closes them.
    told: statuses, 503 for a call without an answer. known: the sessions that they got.
    """

    def __init__(self, clients: Sequence[httpx.AsyncClient]) -> None:
        self._clients = clients
        self._turns = itertools.cycle(clients)
        self.told: list[int] = []
        self.known: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exit_info: object) -> None:
        for client in self._clients:
            await client.aclose()

    async def _call(self, path: str) -> httpx.Response | None:
        try:
            return await next(self._turns).post(path, json={"mode": "replay"})
        except httpx.HTTPError:
            return None

    async def create(self, *, until_told: bool = False) -> int:
        """Ask for a session; again, if that is wanted, until it is given or refused."""
        for _ in range(PATIENCE if until_told else 1):
            answer = await self._call("/v1/sessions")
            status = AGAIN if answer is None else answer.status_code
            self.told.append(status)
            if answer is not None and status == 201:
                self.known.append(answer.json()["sessionId"])
            if status != AGAIN:
                break
            await asyncio.sleep(0.05)
        return status

    async def close(self) -> None:
        """Close a session that was given to somebody."""
        if self.known:
            await self._call(f"/v1/sessions/{self.known.pop()}/close")

    async def all_at_once(self, count: int, *, until_told: bool = False) -> None:
        """So many callers at once."""
        await asyncio.gather(*(self.create(until_told=until_told) for _ in range(count)))

    async def until_refused(self) -> None:
        """One caller after another, until one is refused for good."""
        while (status := await self.create(until_told=True)) == 201:
            pass
        assert status == 429


class Counts:
    """What a store counts, and what is there.

    ask: what a replica answers to a GET, as JSON.
    """

    def __init__(self, client: redis.Redis, ask: Callable[[str], Awaitable[Any]]) -> None:
        self._client: Any = client
        self._ask = ask

    def limit(self, **limits: int) -> None:
        """Give the organisation limits of its own."""
        fields = {f"limit:{name}": limit for name, limit in limits.items()}
        self._client.hset(KEYS.record, mapping=fields)

    def age(self, *keys: str, by_ms: int = RESERVED_MS + 1000) -> None:
        """Let what some sets say have been said so long before."""
        for key in keys:
            for member, score in self._client.zrange(key, 0, -1, withscores=True):
                self._client.zadd(key, {member: score - by_ms})

    async def listed(self) -> set[str]:
        """The open sessions that there are."""
        answer = await self._ask("/v1/sessions?limit=1000")
        return {session["sessionId"] for session in answer["sessions"]}

    async def used(self) -> list[int]:
        """What is used of each quota, in order."""
        return [quota["used"] for quota in (await self._ask("/v1/usage"))["quotas"]]


async def ask(replica: Replica, path: str) -> Any:
    """What a replica in a process of its own answers, once it does."""

    def asked() -> Any:
        with contextlib.suppress(OSError):
            answer = replica.get(path)
            return answer.json() if answer.status == 200 else None

    return await asyncio.to_thread(wait_until, asked, path)

"""A crowd of callers that all want sessions at once, of several replicas."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import Any

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


class Crowd:
    """Callers that spread over replicas, and what they were told.

    told: statuses, 503 for a call without an answer. known: the sessions that they got.
    """

    def __init__(self, replicas: Sequence[Replica]) -> None:
        self._bases = itertools.cycle([replica.base for replica in replicas])
        self.told: list[int] = []
        self.known: list[str] = []

    async def _call(self, client: httpx.AsyncClient, path: str) -> httpx.Response | None:
        try:
            return await client.post(next(self._bases) + path, json={"mode": "replay"})
        except httpx.HTTPError:
            return None

    async def create(self, client: httpx.AsyncClient, *, until_told: bool = False) -> None:
        """Ask for a session; again, if that is wanted, until it is given or refused."""
        for _ in range(PATIENCE if until_told else 1):
            answer = await self._call(client, "/v1/sessions")
            status = AGAIN if answer is None else answer.status_code
            self.told.append(status)
            if answer is not None and status == 201:
                self.known.append(answer.json()["sessionId"])
            if status != AGAIN:
                return
            await asyncio.sleep(0.05)

    async def close(self, client: httpx.AsyncClient) -> None:
        """Close a session that was given to somebody."""
        if self.known:
            await self._call(client, f"/v1/sessions/{self.known.pop()}/close")

    async def all_at_once(self, count: int, *, until_told: bool = False) -> None:
        """So many callers at once."""
        limits = httpx.Limits(max_connections=count)
        async with httpx.AsyncClient(limits=limits, timeout=60) as client:
            calls = (self.create(client, until_told=until_told) for _ in range(count))
            await asyncio.gather(*calls)

    async def until_refused(self) -> None:
        """One caller after another, until one is refused for good."""
        async with httpx.AsyncClient(timeout=60) as client:
            while True:
                await self.create(client, until_told=True)
                if self.told[-1] != 201:
                    assert self.told[-1] == 429
                    return


class Counts:
    """What a store counts, and what is there.

    sessions: how the store is asked for all open sessions: a replica.
    """

    def __init__(self, client: redis.Redis, replica: Callable[[], Replica]) -> None:
        self._client: Any = client
        self._replica = replica

    def age(self, *keys: str, by_ms: int = RESERVED_MS + 1000) -> None:
        """Let what some sets say have been said so long before."""
        for key in keys:
            for member, score in self._client.zrange(key, 0, -1, withscores=True):
                self._client.zadd(key, {member: score - by_ms})

    def listed(self) -> set[str]:
        """The open sessions that there are."""
        answer = wait_until(lambda: self._ask("/v1/sessions?limit=1000"), "the list")
        return {session["sessionId"] for session in answer["sessions"]}

    def used(self) -> dict[str, int]:
        """What is used, by quota."""
        answer = wait_until(lambda: self._ask("/v1/usage"), "what is used")
        return {quota["name"]: quota["used"] for quota in answer["quotas"]}

    def _ask(self, path: str) -> Any:
        answer = self._replica().get(path)
        return answer.json() if answer.status == 200 else None

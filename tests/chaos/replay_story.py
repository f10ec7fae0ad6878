"""A replay session as tests use it: documents that replace each other, and hops that ask."""

import asyncio
import itertools
import random

from tests.chaos.client import Client
from tests.chaos.history import MUTATIONS, Kind
from tests.chaos.posted import PATHS

TURNS = (4, 14)
DOCUMENTS = sorted(MUTATIONS)


class ReplayStory:
    """The life of one replay session. rng: what decides. number: no other story has it."""

    def __init__(self, client: Client, rng: random.Random, number: int) -> None:
        self._client = client
        self._rng = rng
        self._tags = (f"{number}.{n}" for n in itertools.count())
        self._session = ""

    def _replica(self) -> int:
        return self._rng.choice(self._client.replicas)

    async def _post(self, kind: Kind) -> None:
        """Replace a document, and often ask every replica at once what it makes of it."""
        tag = next(self._tags)
        call = await self._client.post(self._replica(), self._session, kind, tag)
        if call.acknowledged and self._rng.random() < 0.5:
            path = self._rng.choice(PATHS)
            await asyncio.gather(*(self._ask(path, n) for n in self._client.replicas))

    async def _ask(self, path: str, replica: int | None = None) -> None:
        where = self._replica() if replica is None else replica
        await self._client.inject(where, self._session, path)

    async def _turn(self) -> None:
        """A few things at once, of which some change the session."""
        kinds = [self._rng.choice(DOCUMENTS) for _ in range(self._rng.choice((0, 1, 1, 3)))]
        paths = [self._rng.choice(PATHS) for _ in range(self._rng.randint(1, 4))]
        await asyncio.gather(*map(self._post, kinds), *map(self._ask, paths))
        await self._client.read(self._replica(), self._session)
        await asyncio.sleep(self._rng.uniform(0, 0.3))

    async def run(self) -> None:
        """Live."""
        created = await self._client.create(self._replica(), "replay")
        if not created.acknowledged:
            await asyncio.sleep(self._rng.uniform(0, 0.3))
            return
        self._session = created.session
        for _ in range(self._rng.randint(*TURNS)):
            await self._turn()
        closers = self._rng.choice((0, 1, 3))
        closes = [self._client.close(self._replica(), self._session) for _ in range(closers)]
        await asyncio.gather(*closes)

"""The load: as many stories at a time as were asked for, one after the other, until told to end."""

import asyncio
import itertools
import random
from collections.abc import Iterator

from tests.chaos.capture_story import CaptureStory
from tests.chaos.client import Client
from tests.chaos.replay_story import ReplayStory
from tests.chaos.stage import Stage

CAPTURES, REPLAYS = 24, 8
# Of the first captures one in so many is closed by nobody; the last ones would keep all waiting.
LEFT, FIRST = 6, 24


class Load:
    """Stories of both kinds. seed: what all of them follow from."""

    def __init__(self, client: Client, stage: Stage, seed: int) -> None:
        self._client = client
        self._stage = stage
        self._seed = seed
        self._numbers: Iterator[int] = itertools.count(1)
        self._over = False

    def _story(self, *, capture: bool) -> CaptureStory | ReplayStory:
        number = next(self._numbers)
        rng = random.Random(f"{self._seed}:{number}")
        if capture:
            left = number <= FIRST and rng.randrange(LEFT) == 0
            return CaptureStory(self._client, self._stage, rng, left=left)
        return ReplayStory(self._client, rng, number)

    async def _actor(self, *, capture: bool) -> None:
        while not self._over:
            await self._story(capture=capture).run()

    async def run(self) -> None:
        """Play until ended, and then every story that has begun to its end."""
        captures = (self._actor(capture=True) for _ in range(CAPTURES))
        replays = (self._actor(capture=False) for _ in range(REPLAYS))
        await asyncio.gather(*captures, *replays)

    def end(self) -> None:
        """Begin no more stories."""
        self._over = True

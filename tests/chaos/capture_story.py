"""A capture session as an app and its exporter use it: uploads that are retried, and a close."""

import asyncio
import random

from app.otlp.media import Media
from tests.chaos.client import Client
from tests.chaos.stage import Stage

UPLOAD_TRIES = 7
# A close waits 5 s for another. The first caller would rather wait for a replica to come back, the
# others come again and again. In seconds.
FIRST_PATIENCE, OTHERS_PATIENCE = 20.0, (2.0, 7.0)
# How often a caller asks for a close that has no outcome; with its pauses more than a lease.
CLOSE_TRIES = 40
# How many more callers ask for a close, and for one that goes to a replica which is then hurt: so
# many that one of them comes before the sweeper where an owner is held up past its lease.
OTHERS, RIVALS = (0, 3), (3, 6)
# How many spans the rest of the sessions have in all, and the few large ones.
USUAL, LARGE = (1, 24), (200, 400)


class CaptureStory:
    """The life of one capture session.

    rng: what decides. left: whether nobody closes it, so that the sweeper has to.
    """

    def __init__(self, client: Client, stage: Stage, rng: random.Random, *, left: bool) -> None:
        self._client = client
        self._stage = stage
        self._rng = rng
        self._left = left
        self._session = ""

    def _replica(self) -> int:
        return self._rng.choice(self._client.replicas)

    def _ids(self, count: int) -> list[str]:
        return [f"{self._rng.getrandbits(64) or 1:016x}" for _ in range(count)]

    async def _pause(self, longest: float) -> None:
        """Think, for so many seconds at most."""
        await asyncio.sleep(self._rng.uniform(0, longest))

    async def _upload(self, count: int) -> None:
        """Upload spans as an exporter does: the same ones again where the outcome is not known."""
        spans = {self._session: self._ids(count)}
        other = self._stage.other_capture(self._rng)
        if other and other != self._session and self._rng.random() < 0.15:
            spans[other] = self._ids(2)
        media = self._rng.choice((Media.PROTOBUF, Media.PROTOBUF, Media.JSON))
        for attempt in range(UPLOAD_TRIES):
            calls = await self._client.upload(self._replica(), spans, media)
            retried = calls[0].unknown or calls[0].status < 0
            # An acknowledgement may be lost between the proxy and its exporter.
            if not retried and self._rng.random() > 0.1:
                return
            await self._pause(0.1 * 2**attempt)

    async def _uploads(self) -> None:
        size = LARGE if self._rng.random() < 0.1 else USUAL
        left = self._rng.randint(*size)
        while left > 0:
            counts = [min(left, self._rng.randint(1, 40)) for _ in range(2)]
            await asyncio.gather(*map(self._upload, counts))
            left -= sum(counts)
            await self._pause(0.1)

    async def _late_uploads(self) -> None:
        """Uploads that race with the close, and come after it."""
        for _ in range(self._rng.randint(0, 4)):
            await self._pause(0.05)
            await self._upload(1)

    async def _close(self, replica: int, patience: float) -> None:
        """Ask for a close until its outcome is known: first this replica, with this patience."""
        for _ in range(CLOSE_TRIES):
            call = await self._client.close(replica, self._session, patience)
            if call.acknowledged or call.status in (404, 409):
                self._stage.closed(self._session)
                return
            await self._pause(1)
            replica = self._replica()
            patience = self._rng.choice(OTHERS_PATIENCE)

    async def _close_too(self) -> None:
        """Be another caller of the close, at once or after a while."""
        await self._pause(self._rng.choice((0.0, 2.0)))
        await self._close(self._replica(), self._rng.choice(OTHERS_PATIENCE))

    async def run(self) -> None:
        """Live."""
        created = await self._client.create(self._replica(), "capture")
        if not created.acknowledged:
            await asyncio.sleep(self._rng.uniform(0, 0.3))
            return
        self._session = created.session
        self._stage.opened(self._session)
        await self._uploads()
        if self._left:
            return
        target = await self._stage.turn_to_close(self._rng.uniform(0, 1.5))
        replica = self._replica() if target is None else target
        callers = self._rng.randint(*(OTHERS if target is None else RIVALS))
        others = [self._close_too() for _ in range(callers)]
        await asyncio.gather(self._late_uploads(), self._close(replica, FIRST_PATIENCE), *others)

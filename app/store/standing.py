"""Whether the store may be relied on: the start's check, made again until it is passed."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from app.store.ack import Ack
from app.store.connection import StoreSetupError
from app.store.start_check import check_store

# How long until a store that could not serve is looked at again.
RECHECK_SECONDS = 1.0

log = logging.getLogger("softprobe.start")


class Standing:
    """What the start's check has come to.

    client: the store. ack: what is asked of its acknowledged writes.
    is_passed: whether it was found to serve; until then the replica is not ready.
    """

    def __init__(self, client: Redis, ack: Ack) -> None:
        self._client = client
        self._ack = ack
        self._told: list[str] = []
        self.is_passed = False

    def _tell(self, lines: list[str], level: int = logging.WARNING) -> None:
        """Log what was not told a moment ago."""
        for line in lines:
            if line not in self._told:
                log.log(level, line)
        self._told = lines

    async def _look(self) -> None:
        checked = await check_store(self._client, self._ack)
        self._tell([line for line in (checked.obstacle, *checked.warnings) if line])
        self.is_passed = not checked.obstacle

    async def _look_again(self) -> None:
        """Look once more. What would have stopped the start may be mended while others serve."""
        try:
            await self._look()
        except StoreSetupError as error:
            self._tell([f"the store cannot serve: {error}"], logging.ERROR)
        except Exception:
            log.exception("the store could not be looked at")

    async def _look_on(self) -> None:
        while not self.is_passed:
            await asyncio.sleep(RECHECK_SECONDS)
            await self._look_again()
        log.info("the store serves now")

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Check the store, and again each second as long as it does not serve.

        Raises StoreSetupError if it answers now and will never serve as it is.
        """
        await self._look()
        looking = None if self.is_passed else asyncio.create_task(self._look_on())
        try:
            yield
        finally:
            if looking:
                looking.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await looking

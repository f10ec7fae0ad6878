"""The way of deeds to the audit: a log line each at once, and the organisation's stream soon after.

Nobody waits for the stream. While the store is away, deeds wait for it here, a bounded number; what
finds no place is in the log alone. One whose writing was cut off may be there twice.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Protocol

from app.errors import ApiError
from app.store.audit import Deed

# How many deeds may wait.
WAITING = 10_000
# How long until a store that took none is tried again, and how long the last ones may take when
# the replica ends, in seconds.
AGAIN_SECONDS = 1.0
LAST_SECONDS = 2.0

log = logging.getLogger("softprobe.audit")


class Streams(Protocol):
    """Where the streams of all organisations are."""

    async def append(self, org: str, deed: Deed) -> None:
        """Note a deed. Raises `store_unavailable`."""


class AuditTrail:
    """Takes deeds from calls and brings them to the store.

    streams: the store. waiting: how many deeds may wait for it.
    """

    def __init__(self, streams: Streams, waiting: int = WAITING) -> None:
        self._streams = streams
        self._waiting: asyncio.Queue[tuple[str, Deed]] = asyncio.Queue(waiting)

    def note(self, org: str, deed: Deed) -> None:
        """Tell of a deed in the log, and have it stored."""
        told = {"org": org, "key": deed.by, "action": deed.action, "sp.session.id": deed.subject}
        log.info("audit", extra=told)
        try:
            self._waiting.put_nowait((org, deed))
        except asyncio.QueueFull:
            log.warning("audit entry not stored: too many are waiting", extra=told)

    async def run(self) -> None:
        """Bring what comes to the store, in order, until cancelled.

        What the store will never take, such as one for a key that holds something else, costs that
        deed alone.
        """
        while True:
            org, deed = await self._waiting.get()
            try:
                await self._store(org, deed)
            except Exception:
                log.exception("audit entry not stored", extra={"org": org})
            self._waiting.task_done()

    async def _store(self, org: str, deed: Deed) -> None:
        while True:
            with suppress(ApiError):
                return await self._streams.append(org, deed)
            await asyncio.sleep(AGAIN_SECONDS)

    async def empty(self) -> None:
        """Wait until nothing waits any more, but not for long: the replica is ending."""
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await self._waiting.join()
        except TimeoutError:
            count = self._waiting.qsize()
            log.warning("audit entries not stored: the replica ends", extra={"count": count})

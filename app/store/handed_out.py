"""Bytes handed out in answers: summed up on the replica, and counted behind the calls.

A replica that is killed loses what it has handed out since the last count: about a second's worth,
or what it handed out while the store was away.
"""

import asyncio
import logging
from collections import Counter

from app.errors import ApiError
from app.store.faults import call_deadline
from app.store.quotas import QuotaStore

# How long until what was summed up is counted, in seconds.
PAUSE_SECONDS = 1.0

log = logging.getLogger("softprobe.quotas")


class HandedOut:
    """What a replica has handed out.

    quotas: None where nothing is counted.
    """

    def __init__(self, quotas: QuotaStore | None) -> None:
        self._quotas = quotas
        self._sums: Counter[str] = Counter()

    @property
    def counts(self) -> bool:
        """Whether anything is counted."""
        return self._quotas is not None

    def handed_out(self, org: str, octets: int) -> None:
        """Note bytes that an organisation was answered with; it costs a sum in memory."""
        if self._quotas:
            self._sums[org] += octets

    async def run(self) -> None:
        """Count until cancelled."""
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Count what was summed up.

        A count that fails is not made again: rather too little is counted than anything twice. The
        others wait for the next time, whatever ends this one.
        """
        sums, self._sums = self._sums, Counter()
        try:
            while sums and await self._count(*sums.popitem()):
                pass
        finally:
            self._sums.update(sums)

    async def _count(self, org: str, octets: int) -> bool:
        """Whether the next one may be tried: the store takes counts, if not this one."""
        if not (octets and self._quotas):
            return True
        try:
            async with call_deadline():
                await self._quotas.add(org, octets)
        except ApiError as error:
            log.warning("bytes not counted", extra={"org": org, "fault": error.message})
            return False
        except Exception:
            log.exception("bytes not counted", extra={"org": org})
        return True

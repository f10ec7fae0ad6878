"""A close's lease: for as long as its owner shows signs of life, nobody takes the close over."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.errors import ApiError
from app.store.closes import LEASE_MS, CloseStore

# Two renewals may fail before the lease runs out.
RENEW_SECONDS = LEASE_MS / 1000 / 3


class LostLease(Exception):  # noqa: N818 (an event, not an error)
    """Another owner has taken the close over, or has ended it."""


class Lease:
    """One owner's hold on the close of a session."""

    def __init__(self, closes: CloseStore, org: str, session_id: str, owner: str) -> None:
        self._closes = closes
        self._of = (org, session_id, owner)
        self._is_kept = False

    async def check(self) -> None:
        """Prolong the lease. Raises LostLease where it is another's by now."""
        if not await self._closes.renew(*self._of):
            raise LostLease

    async def commit(self) -> None:
        """End the close. Raises LostLease where it is another's by now."""
        if not await self._closes.commit(*self._of):
            raise LostLease

    async def give_up(self) -> bool:
        """Reopen the session; False where another owner has taken the close over.

        Where the store is away too, the lease's end will free it.
        """
        with contextlib.suppress(ApiError):
            return await self._closes.abort(*self._of)
        return True

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Prolong it from time to time for as long as the body runs."""
        self._is_kept = True
        keeper = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            # Python 3.11's `wait_for`, below the client, may swallow a cancellation.
            self._is_kept = False
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    async def _keep(self) -> None:
        while self._is_kept:
            await asyncio.sleep(RENEW_SECONDS)
            # A fault of the store may pass before the lease runs out.
            with contextlib.suppress(ApiError):
                await self.check()

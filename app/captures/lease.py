"""A close's lease: for as long as its owner shows signs of life, nobody takes the close over."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from functools import partial

from app.errors import ApiError
from app.store.again import asked_again
from app.store.closes import LEASE_MS, CloseStore

# Two renewals may fail before the lease runs out.
RENEW_SECONDS = LEASE_MS / 1000 / 3


class LostLease(Exception):  # noqa: N818 (an event, not an error)
    """Another owner has taken the close over, or has ended it."""


class GivenUp(StrEnum):
    """What has become of a session whose close was given up.

    UNTOLD: the store was away too: the session may count as being closed until the lease ends.
    LOST: another owner has taken the close over, or has ended it.
    """

    REOPENED = "reopened"
    UNTOLD = "untold"
    LOST = "lost"


class Lease:
    """One owner's hold on the close of a session."""

    def __init__(self, closes: CloseStore, org: str, session_id: str, owner: str) -> None:
        self._closes = closes
        self._of = (org, session_id, owner)

    async def check(self) -> None:
        """Prolong the lease. Raises LostLease where it is another's by now."""
        if not await self._closes.renew(*self._of):
            raise LostLease

    async def commit(self) -> None:
        """End the close, or see that it was ended for this owner.

        Raises LostLease where it is another's by now.
        """
        if not await asked_again(partial(self._closes.commit, *self._of)):
            raise LostLease

    async def give_up(self) -> GivenUp:
        """Reopen the session, if it is still this owner's and the store can be told."""
        try:
            is_reopened = await self._closes.abort(*self._of)
        except ApiError:
            return GivenUp.UNTOLD
        return GivenUp.REOPENED if is_reopened else GivenUp.LOST

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Prolong it from time to time for as long as the body runs."""
        keeper = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            # A fault of the store may pass before the lease runs out.
            with contextlib.suppress(ApiError):
                await self.check()

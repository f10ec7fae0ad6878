"""The stage: what the stories of a scene know of each other."""

import asyncio
import contextlib
import random

POLL = 0.05


class Stage:
    """Which capture sessions are open, and when many are to be closed at once."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._rush = asyncio.Event()
        self._held = 0
        self._waiting = 0
        self._target: int | None = None

    def opened(self, session: str) -> None:
        """Note a session."""
        self._open.append(session)

    def closed(self, session: str) -> None:
        """Forget a session."""
        if session in self._open:
            self._open.remove(session)

    def other_capture(self, rng: random.Random) -> str:
        """One of the open capture sessions, if there is any."""
        return rng.choice(self._open) if self._open else ""

    @property
    def unclosed(self) -> list[str]:
        """The capture sessions of which nobody was told that they are closed."""
        return list(self._open)

    async def turn_to_close(self, seconds: float) -> int | None:
        """Wait for a rush, no longer than this unless one is coming; gives where it goes."""
        self._waiting += 1
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._rush.wait(), seconds)
                return self._target
            if self._held:
                await self._rush.wait()
                return self._target
            return None
        finally:
            self._waiting -= 1

    async def rush(self, target: int | None, wanted: int, seconds: float) -> None:
        """Let so many captures gather, for no longer than this, then have all closed at once.

        target: the replica that they go to first, if it is one.
        """
        self._held += 1
        for _ in range(round(seconds / POLL)):
            if self._waiting >= wanted:
                break
            await asyncio.sleep(POLL)
        self._held -= 1
        self._target = target
        self._rush.set()
        self._rush.clear()

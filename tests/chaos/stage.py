"""The stage: what the stories of a scene know of each other."""

import asyncio
import contextlib
import random


class Stage:
    """Which capture sessions are open, and when many are to be closed at once."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._rush = asyncio.Event()

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

    async def rush_or(self, seconds: float) -> None:
        """Wait for a rush, but no longer than this."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rush.wait(), seconds)

    def rush(self) -> None:
        """Let all that wait close now."""
        self._rush.set()
        self._rush.clear()

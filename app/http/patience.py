"""How long a connection waits for its client."""

import asyncio
from collections.abc import Callable

# A connection without a request is closed after this; longer than most clients keep one.
IDLE_SECONDS = 75
# From the first byte of a head to its last.
HEAD_SECONDS = 10.0
# From one piece of a body to the next.
BODY_SECONDS = 30.0
# How long a request that is half sent when the replica is told to end may take to become whole.
GRACE_SECONDS = 2.0


class Patience:
    """One timer for what is half sent.

    is_ours: whether it is we who are not reading; then the client is not to blame.
    run_out: called when the time is over.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        is_ours: Callable[[], bool],
        run_out: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._is_ours = is_ours
        self._run_out = run_out
        self._timer: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        """Nothing is waited for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def with_head(self) -> None:
        """A head is not whole; more of it does not prolong the time."""
        if self._timer is None:
            self._start(HEAD_SECONDS)

    def with_body(self) -> None:
        """Some of a body came, or its head did."""
        self.stop()
        self._start(BODY_SECONDS)

    def _start(self, seconds: float) -> None:
        self._timer = self._loop.call_later(seconds, self._ring, seconds)

    def _ring(self, seconds: float) -> None:
        if self._is_ours():
            self._start(seconds)
        else:
            self._timer = None
            self._run_out()

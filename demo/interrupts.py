"""Ctrl-C, at any moment, without losing a process that is just being started."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Turns the signals that end a program into KeyboardInterrupt, except while they are held."""

    def __init__(self) -> None:
        self._held = False
        self._pending = False

    def install(self) -> None:
        """Take the signals over."""
        for number in SIGNALS:
            signal.signal(number, self._arrived)

    def _arrived(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self._pending = True
        if not self._held:
            self._interrupt()

    def _interrupt(self) -> None:
        """Once: what arrives while everything is being ended cannot stop that."""
        self.ignore()
        raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """Put off what arrives until the block has ended."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._pending:
            self._interrupt()

    def ignore(self) -> None:
        """From now on nothing interrupts, not even the interpreter's own end."""
        self._held = True
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)

"""A pipe: one connection to a server of the store for the hot path, of which many ask at once.

Replies come in the order of the questions and are told by a call, without a task or a future for
any of them. A pipe never repeats a question and never waits for long: after a fault it is of no
more use.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

import hiredis

# How often is looked whether a reply is overdue, in seconds.
WATCH_SECONDS = 0.1

# Told the reply; an error that the server answered is a hiredis.HiredisError, and where no reply
# will ever come a ConnectionError.
Told = Callable[[Any], None]


# A question under way: who is told the reply, and when that is overdue, by `perf_counter`.
_Question = tuple[Told, float]


class Pipe(asyncio.Protocol):
    """One connection that is up and logged in.

    loop: the event loop.
    joins_keys: whether a call may name the keys of several sessions.
    is_open: whether it takes questions.
    lacks_script: whether the server has told that it does not know a script by its hash.
    writer: what the connection was opened with, for its opener to leave here.
    """

    writer: asyncio.StreamWriter | None = None

    def __init__(self, loop: asyncio.AbstractEventLoop, *, joins_keys: bool = False) -> None:
        self._loop = loop
        self.joins_keys = joins_keys
        self.is_open = False
        self._reader = hiredis.Reader()
        self._under_way: deque[_Question] = deque()
        self._leaving: list[bytes] = []
        self.lacks_script = False
        self._transport: Any = None
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """The connection is this pipe's from now on."""
        self._transport = transport
        self.is_open = not transport.is_closing()
        # What is sent within a turn leaves at once, not with its end.
        transport.set_write_buffer_limits(0)

    def ask(self, command: Iterable[bytes], told: Told, until: float) -> None:
        """Ask something of an open pipe; it leaves with the next `send`.

        command: in the form of the wire, in pieces. told: is told the reply.
        until: when that is overdue, by `perf_counter`.
        """
        self._leaving += command
        self._under_way.append((told, until))
        if self._watch is None:
            self._watch = self._loop.call_later(WATCH_SECONDS, self._look)

    def send(self) -> None:
        """Have everything leave that was asked."""
        leaving, self._leaving = self._leaving, []
        if leaving and self.is_open:
            self._transport.write(b"".join(leaving))

    def data_received(self, data: bytes) -> None:
        """Some replies, or parts of them."""
        reader, under_way = self._reader, self._under_way
        reader.feed(data)
        while True:
            try:
                reply = reader.gets()
            except hiredis.HiredisError:
                # No protocol that we know.
                self.abandon()
                return
            if reply is False:
                return
            if not under_way:
                # An answer to nothing.
                self.abandon()
                return
            told, _until = under_way.popleft()
            told(reply)

    def eof_received(self) -> None:
        """The server says no more."""
        self.is_open = False

    def connection_lost(self, _: Exception | None) -> None:
        """The server is gone, or what it said was late or made no sense."""
        self._transport = None
        self.is_open = False
        if self._watch:
            self._watch.cancel()
        while self._under_way:
            told, _until = self._under_way.popleft()
            told(ConnectionError("the pipe to the store is closed"))

    def _look(self) -> None:
        self._watch = None
        if not self._under_way:
            return
        now = perf_counter()
        if any(until < now for _, until in self._under_way):
            self.abandon()
        else:
            self._watch = self._loop.call_later(WATCH_SECONDS, self._look)

    def abandon(self) -> None:
        """Close at once; who waits for a reply is told that none will come."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

"""Hot calls: scripts called over pipes, where all that concerns one session in a turn is one call.

A turn is one of the event loop's. Whoever waits is told the script's word with its values, or one
of the two below; nobody has a task for it.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from time import perf_counter
from typing import Any, Protocol

from app.store.pipe import Pipe
from app.store.pipes import Pipes
from app.store.script import Script
from app.store.watch import StoreWatch

# No reply came and none will: nobody knows whether the call was made.
LOST = "lost"
# The call was not made; another way to the store may be taken.
REFUSED = "refused"

# Refusals of one call only, after which a pipe is as good as before.
_HARMLESS = ("NOSCRIPT", "MOVED", "ASK", "TRYAGAIN", "OOM", "WRONGTYPE", "ERR")


def wire(*words: bytes) -> bytes:
    """Words of a command as they go over the wire."""
    return b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


def wire_texts(*words: str | int) -> bytes:
    """The same of texts and numbers."""
    return wire(*(str(word).encode() for word in words))


class HotScript:
    """A script as it is called over a pipe, by its hash or by its text."""

    def __init__(self, caller: Any) -> None:
        script: Script = caller.script
        self.name = script.name
        self._by_hash = wire_texts("EVALSHA", script.sha)
        self._by_text = wire_texts("EVAL", script.source)

    def call(self, pipe: Pipe, words: bytes, count: int) -> bytes:
        """A call for a pipe, whose server may have told that it does not know the script.

        words: what follows the script, beginning with the number of keys. count: how many they are.
        """
        script = self._by_text if pipe.lacks_script else self._by_hash
        pipe.lacks_script = False
        return b"*%d\r\n%b%b" % (2 + count, script, words)


class Waiter(Protocol):
    """Who waits for a word."""

    def told(self, word: str, values: Sequence[Any]) -> None:
        """The word, with the values that the script gave."""


class Batch(ABC):
    """What is asked about one session within a turn.

    script: the one that is called. key: that of the session's hash.
    until: when a reply is overdue, by `perf_counter`.
    """

    script: HotScript

    def __init__(self, key: str) -> None:
        self.key = key
        self.until = 0.0
        self.waiters: list[Waiter] = []

    @abstractmethod
    def take(self) -> tuple[bytes, int]:
        """What was asked, as the words of a call and their number; the batch is empty then."""


class HotCalls:
    """Makes the calls.

    pipes: the ways to the store. watch: times the calls.
    """

    def __init__(self, pipes: Pipes, watch: StoreWatch) -> None:
        self._pipes = pipes
        self._watch = watch
        self._batches: list[Batch] = []

    def join(self, batch: Batch, waiter: Waiter, until: float) -> None:
        """Have a waiter wait for a batch, which is sent at the end of this turn.

        until: when the word is overdue, by `perf_counter`.
        """
        if not batch.waiters:
            batch.until = until
            if not self._batches:
                asyncio.get_running_loop().call_soon(self._send)
            self._batches.append(batch)
        batch.waiters.append(waiter)

    def _send(self) -> None:
        batches, self._batches = self._batches, []
        pipes: set[Pipe] = set()
        asked = perf_counter()
        for batch in batches:
            waiters, batch.waiters = batch.waiters, []
            self._watch.batch(len(waiters))
            words, count = batch.take()
            if (pipe := self._pipes.to(batch.key)) is None:
                _tell(waiters, REFUSED)
            else:
                told = partial(self._told, pipe, batch.script, waiters, asked)
                pipe.ask(batch.script.call(pipe, words, count), told, batch.until)
                pipes.add(pipe)
        for pipe in pipes:
            pipe.send()

    def _told(
        self, pipe: Pipe, script: HotScript, waiters: list[Waiter], asked: float, reply: Any
    ) -> None:
        is_answer = isinstance(reply, list)
        self._watch.note(script.name, perf_counter() - asked, None if is_answer else reply)
        if is_answer:
            _tell(waiters, reply[0].decode(), reply[1:])
        elif isinstance(reply, ConnectionError):
            _tell(waiters, LOST)
        else:
            _be_refused(pipe, str(reply))
            _tell(waiters, REFUSED)


def _be_refused(pipe: Pipe, error: str) -> None:
    """Unless the server refused this call alone, the pipe has to be made anew."""
    pipe.lacks_script = error.startswith("NOSCRIPT")
    if not error.startswith(_HARMLESS):
        pipe.abandon()


def _tell(waiters: list[Waiter], word: str, values: Sequence[Any] = ()) -> None:
    for waiter in waiters:
        waiter.told(word, values)

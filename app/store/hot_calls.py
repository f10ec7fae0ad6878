"""Hot calls: scripts called over pipes, where all that is asked in a turn is few calls.

A turn is one of the event loop's. Whoever waits is told the script's word with its values, or one
of the two below; nobody has a task for it.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from time import perf_counter
from typing import Any, ClassVar, Protocol

from app.store.faults import CALL_SECONDS
from app.store.pipe import Pipe
from app.store.pipes import Pipes
from app.store.script import Script
from app.store.watch import StoreWatch

log = logging.getLogger("softprobe.store")

# No reply came and none will: nobody knows whether the call was made.
LOST = "lost"
# The call was not made; another way to the store may be taken.
REFUSED = "refused"
# How many batches leave together, by one call where they are joint, before a turn is over.
MOST_AT_ONCE = 8

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

    def call(self, pipe: Pipe, words: Iterable[bytes], count: int) -> list[bytes]:
        """A call for a pipe, whose server may have told that it does not know the script.

        words: what follows the script, beginning with the number of keys, in pieces.
        count: how many words they are.
        """
        script = self._by_text if pipe.lacks_script else self._by_hash
        pipe.lacks_script = False
        return [b"*%d\r\n" % (2 + count), script, *words]


class Waiter(Protocol):
    """Who waits for a word."""

    @staticmethod
    def tell(waiters: Sequence[Any], word: str, values: Sequence[Any]) -> None:
        """Tell some of its kind the word, with the values that the script gave."""


class Batch(ABC):
    """What is asked about one session within a turn.

    script: the one that is called. is_joint: whether one call may carry several batches.
    key: that of the session's hash. until: when a reply is overdue, by `perf_counter`, if that is
    sooner than usual.
    """

    __slots__ = ("key", "until", "waiters")

    script: ClassVar[HotScript]
    is_joint: ClassVar[bool] = False

    def __init__(self, key: str) -> None:
        self.key = key
        self.until = inf
        self.waiters: list[Waiter] = []

    @classmethod
    @abstractmethod
    def words(cls, batches: Sequence[Any]) -> tuple[Iterable[bytes], int]:
        """What was asked in batches of this kind: one call's words, in pieces, and their number.

        batches: one, unless they are joint; but for their waiters they are empty then.
        """

    @abstractmethod
    def drop(self) -> None:
        """Ask nothing of what was asked: another way is taken for it."""

    @staticmethod
    def told(waiting: Sequence[list[Waiter]], word: str, values: Sequence[Any]) -> None:
        """Tell who waited, batch by batch, what the script answered to one call."""
        for waiters in waiting:
            waiters[0].tell(waiters, word, values)


class _Call:
    """One call that is under way.

    waiting: who waits for it, batch by batch. asked: when it was, by `perf_counter`.
    """

    __slots__ = ("_asked", "_kind", "_pipe", "_waiting", "_watch")

    def __init__(
        self,
        watch: StoreWatch,
        pipe: Pipe,
        kind: type[Batch],
        waiting: list[list[Waiter]],
        asked: float,
    ) -> None:
        self._watch = watch
        self._pipe = pipe
        self._kind = kind
        self._waiting = waiting
        self._asked = asked

    def told(self, reply: Any) -> None:
        """The reply."""
        kind = self._kind
        self._watch.series_of(kind.script.name).observe(perf_counter() - self._asked)
        if type(reply) is list:
            kind.told(self._waiting, reply[0].decode(), reply[1:])
            return
        self._watch.fault(reply)
        if isinstance(reply, ConnectionError):
            _tell(self._waiting, LOST)
        else:
            _be_refused(self._pipe, str(reply))
            _tell(self._waiting, REFUSED)


class HotCalls:
    """Makes the calls.

    pipes: the ways to the store. watch: times the calls.
    """

    def __init__(self, pipes: Pipes, watch: StoreWatch) -> None:
        self._pipes = pipes
        self._watch = watch
        self._sizes = watch.batches
        self._batches: dict[type[Batch], list[Batch]] = {}

    def join(self, batch: Batch, waiter: Waiter, until: float = inf) -> None:
        """Have a waiter wait for a batch, which is sent at the end of this turn at the latest.

        until: when the word is overdue, by `perf_counter`, if that is sooner than usual.
        """
        if until < batch.until:
            batch.until = until
        batch.waiters.append(waiter)
        if len(batch.waiters) == 1:
            self._begin(batch)

    def _begin(self, batch: Batch) -> None:
        """Have a batch sent that has its first waiter."""
        if not self._batches:
            asyncio.get_running_loop().call_soon(self._send)
        batches = self._batches.setdefault(type(batch), [])
        batches.append(batch)
        if len(batches) == MOST_AT_ONCE:
            # The store has something to do while the others are read.
            del self._batches[type(batch)]
            self._send_some(batches)

    def _send(self) -> None:
        by_kind, self._batches = self._batches, {}
        for batches in by_kind.values():
            self._send_some(batches)

    def _send_some(self, batches: Sequence[Batch]) -> None:
        """Send batches of one kind. A bug costs no more than another way to the store."""
        try:
            pipe = self._pipes.to(batches[0].key) if batches[0].is_joint else None
            if pipe is not None and pipe.joins_keys:
                self._ask(pipe, batches)
                pipe.send()
            else:
                for asked in set(self._ask_apart(batches)):
                    asked.send()
        except Exception:
            log.exception("internal error")
            for batch in batches:
                _refuse(batch)

    def _ask_apart(self, batches: Sequence[Batch]) -> Iterator[Pipe]:
        """Ask by a call for each batch; gives the pipes that were asked."""
        for batch in batches:
            if pipe := self._pipes.to(batch.key):
                self._ask(pipe, [batch])
                yield pipe
            else:
                _refuse(batch)

    def _ask(self, pipe: Pipe, batches: Sequence[Batch]) -> None:
        """Ask what is in some batches, by one call."""
        kind, now = type(batches[0]), perf_counter()
        until = now + CALL_SECONDS
        words, count = kind.words(batches)
        waiting = []
        for batch in batches:
            waiting.append(batch.waiters)
            batch.waiters = []
            if batch.until < until:
                until = batch.until
            batch.until = inf
        self._sizes.observe(sum(map(len, waiting)))
        call = _Call(self._watch, pipe, kind, waiting, now)
        pipe.ask(kind.script.call(pipe, words, count), call.told, until)


def _refuse(batch: Batch) -> None:
    """Have who still waits for a batch take another way."""
    waiters, batch.waiters, batch.until = batch.waiters, [], inf
    batch.drop()
    if waiters:
        # Not from here: one of them may be about to begin.
        asyncio.get_running_loop().call_soon(_tell, [waiters], REFUSED)


def _be_refused(pipe: Pipe, error: str) -> None:
    """Unless the server refused this call alone, the pipe has to be made anew."""
    pipe.lacks_script = error.startswith("NOSCRIPT")
    if error.startswith("CROSSSLOT"):
        # A cluster after all, be it of one server, behind a URL that does not say so.
        pipe.joins_keys = False
    elif not error.startswith(_HARMLESS):
        pipe.abandon()


def _tell(waiting: Sequence[list[Waiter]], word: str) -> None:
    for waiters in waiting:
        waiters[0].tell(waiters, word, ())

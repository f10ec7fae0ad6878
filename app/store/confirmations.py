"""Confirmations: decisions by rules at hand, checked and counted in the store before they go out.

All hops of a session that were decided by one version within one turn of the event loop are one
call of `confirm_hops.lua`, over a pipe.
"""

import asyncio
from functools import partial
from typing import Any, Protocol

from app.store.keys import SessionKeys, session_keys
from app.store.pipe import Pipe
from app.store.pipes import Pipes
from app.store.scripts import confirm_hops

# What a waiter is told beside the script's words: no reply came, so that nobody knows whether the
# hop was counted; or the call was not made, and another way to the store may be taken.
LOST = "lost"
REFUSED = "refused"

# Refusals of one call only, after which a pipe is as good as before.
_HARMLESS = ("NOSCRIPT", "MOVED", "ASK", "TRYAGAIN")
_SCRIPT = confirm_hops.script  # type: ignore[attr-defined]


def _wire(*words: bytes) -> bytes:
    """Words of a command as they go over the wire."""
    return b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


_BY_HASH = _wire(b"EVALSHA", _SCRIPT.sha.encode())
_BY_TEXT = _wire(b"EVAL", _SCRIPT.source.encode())
# Of a call: the command, the script, the number of keys, the keys, and three arguments.
_WORDS = 3 + len(SessionKeys._fields) + 3


class Waiter(Protocol):
    """Who waits for the word about a hop."""

    def told(self, word: str) -> None:
        """The word, `ok`, `stale` or `gone`, LOST or REFUSED; may be told at once."""


class HotVersion:
    """A session at one version, ready to be asked about.

    key: that of its hash.
    """

    def __init__(self, org: str, session_id: str, version: str, ttl_ms: int) -> None:
        keys = session_keys(org, session_id)
        self.key = keys.session
        words = (str(len(keys)), *keys, str(ttl_ms), version)
        self._words = _wire(*(word.encode() for word in words))
        self.waiters: list[Waiter] = []
        self.hits = 0
        self.until = 0.0

    def command(self, script: bytes, hits: int) -> bytes:
        """The call that confirms, as it goes over the wire."""
        return b"*%d\r\n%b%b%b" % (_WORDS, script, self._words, _wire(b"%d" % hits))


class Confirmations:
    """Confirms hops.

    pipes: the ways to the store.
    """

    def __init__(self, pipes: Pipes) -> None:
        self._pipes = pipes
        self._asked: list[HotVersion] = []

    def confirm(self, session: HotVersion, waiter: Waiter, until: float, *, is_hit: bool) -> None:
        """Have a hop confirmed with the others of this turn.

        until: when the word is overdue, by `perf_counter`. is_hit: whether it counts.
        """
        if not session.waiters:
            session.until = until
            if not self._asked:
                asyncio.get_running_loop().call_soon(self._send)
            self._asked.append(session)
        session.waiters.append(waiter)
        session.hits += is_hit

    def _send(self) -> None:
        asked, self._asked = self._asked, []
        for session in asked:
            waiters, session.waiters = session.waiters, []
            hits, session.hits = session.hits, 0
            if (pipe := self._pipes.to(session.key)) is None:
                _tell(waiters, REFUSED)
                continue
            script = _BY_TEXT if pipe.lacks_script else _BY_HASH
            pipe.lacks_script = False
            told = partial(self._told, pipe, waiters)
            pipe.ask(session.command(script, hits), told, session.until)

    def _told(self, pipe: Pipe, waiters: list[Waiter], reply: Any) -> None:
        if isinstance(reply, list):
            _tell(waiters, reply[0].decode())
        elif isinstance(reply, ConnectionError):
            _tell(waiters, LOST)
        else:
            _refused(pipe, str(reply))
            _tell(waiters, REFUSED)


def _refused(pipe: Pipe, error: str) -> None:
    """The server refused; unless it was for this call alone, the pipe has to be made anew."""
    pipe.lacks_script = error.startswith("NOSCRIPT")
    if not error.startswith(_HARMLESS):
        pipe.abandon()


def _tell(waiters: list[Waiter], word: str) -> None:
    for waiter in waiters:
        waiter.told(word)

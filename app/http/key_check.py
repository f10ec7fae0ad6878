"""Authentication by keys that the store knows by their SHA-256 (hosted.md).

What the store said is remembered for a few seconds, so that a revoked key ends everywhere soon,
and most calls need not ask. Nothing here holds a key: it is known by its SHA-256 too.
"""

import asyncio
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

from app.errors import ApiError
from app.http.admission import presented, unauthorized
from app.http.caller import Caller
from app.http.headers import Scope, notes
from app.store.api_key import KINDS, digest_of, is_key
from app.store.api_keys import KeyRecord
from app.store.faults import unavailable

# How long an answer of the store holds, in seconds from the question; a revoked key is to end
# within 5 s on every replica.
HOLDS_SECONDS = 3.0
# How long before that ends a key that is used is asked about again, in seconds.
RENEWED_SECONDS = 1.0
# How many answers are remembered, of keys and of what is none: those who guess shall not push out
# those who know.
KEPT_KEYS, KEPT_GUESSES = 20_000, 20_000

# How many keys that are not remembered as ones that work are asked about at once, and how long one
# more waits for its turn, in seconds: so those who guess take a part of the connections to the
# store, as an organisation does, and those who are known never wait behind them.
STRANGERS = 8
TURN_SECONDS = 1.0

# Whoever was not let in.
NOBODY = Caller(org="")


class Keys(Protocol):
    """Where the records of keys are."""

    async def find(self, digest: str) -> KeyRecord | None:
        """The record of the key with this SHA-256, if it works."""


class _Answer(NamedTuple):
    """What the store said of a digest, and until when that holds.

    record: that of a key that works. caller: whom it lets in; None for a key that may do nothing.
    """

    record: KeyRecord | None
    caller: Caller | None
    until: float


class _Answers:
    """The latest answers, so many at most."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._held: OrderedDict[str, _Answer] = OrderedDict()

    def get(self, digest: str) -> _Answer | None:
        return self._held.get(digest)

    def put(self, digest: str, answer: _Answer) -> None:
        self._held[digest] = answer
        self._held.move_to_end(digest)
        if len(self._held) > self._kept:
            self._held.popitem(last=False)

    def drop(self, digest: str) -> None:
        self._held.pop(digest, None)


def _answer(digest: str, record: KeyRecord | None, until: float) -> _Answer:
    """An answer of the store; a record that is not that of the key itself is none."""
    if record is None or not hmac.compare_digest(record.digest, digest):
        return _Answer(None, None, until)
    if record.kind not in KINDS or (record.kind == "ci" and not record.project):
        return _Answer(record, None, until)
    caller = Caller(record.org, record.key_id, record.kind, record.project)
    return _Answer(record, caller, until)


def _forbidden(record: KeyRecord) -> ApiError:
    return ApiError("forbidden", f"key {record.key_id} may do nothing here: its kind is not known")


def _retrieve(asking: "asyncio.Task[_Answer]") -> None:
    """Look at how a question ended: those who waited may all have left."""
    if not asking.cancelled():
        asking.exception()


class KeyCheck:
    """Lets a call through that presents a key which works.

    keys: the store. clock: seconds that never go back.
    """

    is_lasting = False

    def __init__(self, keys: Keys, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._clock = clock
        self._records = _Answers(KEPT_KEYS)
        self._guesses = _Answers(KEPT_GUESSES)
        self._asking: dict[str, asyncio.Task[_Answer]] = {}
        self._strangers = asyncio.Semaphore(STRANGERS)

    def known(self, word: bytes) -> Caller | None:
        """Whose a key is, if the store was asked a moment ago and the key may be used."""
        return self._known(digest_of(word))

    def knower(self, word: bytes) -> Callable[[], Caller | None]:
        """The same of one key, again and again."""
        return partial(self._known, digest_of(word))

    def _known(self, digest: str) -> Caller | None:
        if (held := self._records.get(digest)) is None:
            return None
        left = held.until - self._clock()
        if 0 < left < RENEWED_SECONDS:
            # Beside the calls, so that none of a key in use has to wait for it.
            self._question(digest)
        return held.caller if left > 0 else None

    async def admit(self, scope: Scope) -> Caller:
        """Whose call it is; of several keys the first that works counts.

        Raises `unauthorized`, `forbidden`, or `store_unavailable` where the store does not answer.
        """
        notes(scope).caller = NOBODY
        for word in presented(scope):
            if caller := self.known(word) or (is_key(word) and await self._caller(word)):
                return caller
        raise unauthorized("key")

    async def _caller(self, key: bytes) -> Caller | None:
        digest = digest_of(key)
        answer = self._held(digest) or await self._asked(digest)
        if answer.record and not answer.caller:
            raise _forbidden(answer.record)
        return answer.caller

    def _held(self, digest: str) -> _Answer | None:
        """An answer that still holds."""
        held = self._records.get(digest) or self._guesses.get(digest)
        return held if held and held.until > self._clock() else None

    async def _asked(self, digest: str) -> _Answer:
        """The store's answer."""
        return await asyncio.shield(self._question(digest))

    def _question(self, digest: str) -> "asyncio.Task[_Answer]":
        """What all who present one key ask the store once together."""
        if (asking := self._asking.get(digest)) is None:
            asking = self._asking[digest] = asyncio.create_task(self._ask(digest))
            asking.add_done_callback(_retrieve)
            asking.add_done_callback(lambda _: self._asking.pop(digest, None))
        return asking

    async def _ask(self, digest: str) -> _Answer:
        if self._records.get(digest):
            return await self._told(digest)
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._strangers.acquire()
        except TimeoutError:
            raise unavailable() from None
        try:
            return await self._told(digest)
        finally:
            self._strangers.release()

    async def _told(self, digest: str) -> _Answer:
        """What the store says now, which is remembered."""
        until = self._clock() + HOLDS_SECONDS
        answer = _answer(digest, await self._keys.find(digest), until)
        into, other = self._records, self._guesses
        if answer.record is None:
            into, other = other, into
        other.drop(digest)
        into.put(digest, answer)
        return answer

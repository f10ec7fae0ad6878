"""Confirmations: the store checks and counts decisions by rules at hand before they go out."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from app.store.hot_calls import Batch, HotScript, Waiter, wire_texts
from app.store.keys import session_keys
from app.store.scripts import confirm_hops

# Numbers as they go over the wire: of sessions, or of hops that are answered.
_NUMBERS = [wire_texts(number) for number in range(64)]


def _number(number: int) -> bytes:
    return _NUMBERS[number] if number < len(_NUMBERS) else wire_texts(number)


class Confirmations(Batch):
    """The hops of a session that were decided by one version; one object serves turn after turn.

    misses: how many of them are not answered.
    """

    __slots__ = ("_alone", "_key", "_ttl", "_version", "misses")

    script = HotScript(confirm_hops)
    is_joint = True

    def __init__(self, org: str, session_id: str, version: str, ttl_ms: int) -> None:
        key = session_keys(org, session_id).session
        super().__init__(key)
        self._key, self._version = wire_texts(key), wire_texts(version)
        # The same for all.
        self._ttl = wire_texts(ttl_ms)
        # All words but the last of a call for this session only.
        self._alone = _number(1) + self._key + self._ttl + self._version
        self.misses = 0

    @classmethod
    def words(cls, batches: Sequence["Confirmations"]) -> tuple[Iterable[bytes], int]:
        """The sessions, and of each the version with the hits of this turn."""
        first, *others = batches
        if not others:
            return (first._alone, first._hits()), 2 + 3
        words = [_number(len(batches)), *[batch._key for batch in batches], first._ttl]
        for batch in batches:
            words += batch._version, batch._hits()
        return words, 2 + 3 * len(batches)

    def _hits(self) -> bytes:
        """How many hops are answered, which is forgotten then."""
        misses, self.misses = self.misses, 0
        return _number(len(self.waiters) - misses)

    def drop(self) -> None:
        """Forget the misses."""
        self.misses = 0

    @staticmethod
    def told(waiting: Sequence[list[Waiter]], word: str, values: Sequence[Any]) -> None:
        """All the same word, or each session's its own."""
        if word == "ok":
            waiters = waiting[0] if len(waiting) == 1 else list(chain.from_iterable(waiting))
            waiters[0].tell(waiters, word, ())
            return
        for waiters, own in zip(waiting, values, strict=True):
            waiters[0].tell(waiters, own.decode(), ())

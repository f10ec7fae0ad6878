"""Confirmations: the store checks and counts decisions by rules at hand before they go out."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from app.store.hot_calls import Batch, HotScript, Waiter, wire_texts
from app.store.keys import session_keys
from app.store.scripts import confirm_hops

# How many hops are answered, as it goes over the wire, for so many as come in a turn.
_COUNTS = [wire_texts(count) for count in range(64)]


class Confirmations(Batch):
    """The hops of a session that were decided by one version; one object serves turn after turn.

    misses: how many of them are not answered.
    """

    __slots__ = ("_key", "_ttl", "_version", "misses")

    script = HotScript(confirm_hops)
    is_joint = True

    def __init__(self, org: str, session_id: str, version: str, ttl_ms: int) -> None:
        key = session_keys(org, session_id).session
        super().__init__(key)
        self._key, self._version = wire_texts(key), wire_texts(version)
        # The same for all.
        self._ttl = wire_texts(ttl_ms)
        self.misses = 0

    @classmethod
    def words(cls, batches: Sequence["Confirmations"]) -> tuple[bytes, int]:
        """The sessions, and of each the version with the hits of this turn."""
        count = len(batches)
        words = [wire_texts(count), *(batch._key for batch in batches), batches[0]._ttl]
        for batch in batches:
            hits = len(batch.waiters) - batch.misses
            words += batch._version, _COUNTS[hits] if hits < len(_COUNTS) else wire_texts(hits)
            batch.misses = 0
        return b"".join(words), 2 + 3 * count

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

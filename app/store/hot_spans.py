"""Spans on the hot path: what comes for one session within a turn is kept by one call."""

from collections.abc import Sequence

from app.store.hot_calls import Batch, HotScript, wire, wire_texts
from app.store.keys import SessionKeys, session_keys
from app.store.scripts import append_spans
from app.store.spans import ANY_ROOM

# How much one call may carry, in bytes: the store is held up for as long as it takes that in.
MAX_BATCH_BYTES = 2**20

# The number of keys, the keys, and four arguments before the spans.
_WORDS = 1 + len(SessionKeys._fields) + 4


class HotSpans(Batch):
    """Spans of a session that are kept by the rules of one version; one object for all turns.

    max_bytes: what the session may buffer in all.
    """

    __slots__ = ("_size", "_spans", "_words")

    script = HotScript(append_spans)

    def __init__(
        self, org: str, session_id: str, version: str, ttl_ms: int, max_bytes: int
    ) -> None:
        keys = session_keys(org, session_id)
        super().__init__(keys.session)
        self._words = wire_texts(len(keys), *keys, max_bytes, ANY_ROOM, ttl_ms, version)
        self._spans: list[bytes] = []
        self._size = 0

    def add(self, spans: Sequence[tuple[bytes, bytes]]) -> bool:
        """Add spans, each an identity and a payload; whether there was room for them."""
        size = sum(len(payload) for _, payload in spans)
        if self._spans and self._size + size > MAX_BATCH_BYTES:
            return False
        for span in spans:
            self._spans += span
        self._size += size
        return True

    @classmethod
    def words(cls, batches: Sequence["HotSpans"]) -> tuple[bytes, int]:
        """The one batch's, with the spans of this turn."""
        [batch] = batches
        spans = batch._spans
        batch.drop()
        return batch._words + wire(*spans), _WORDS + len(spans)

    def drop(self) -> None:
        """Keep none of the spans."""
        self._spans, self._size = [], 0

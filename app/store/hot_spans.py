"""Spans on the hot path: what comes for one session within a turn is kept by one call."""

from collections.abc import Iterable, Sequence

from app.store.hot_calls import Batch, HotScript, wire_texts
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

    __slots__ = ("_count", "_pieces", "_size", "_words")

    script = HotScript(append_spans)

    def __init__(
        self, org: str, session_id: str, version: str, ttl_ms: int, max_bytes: int
    ) -> None:
        keys = session_keys(org, session_id)
        super().__init__(keys.session)
        self._words = wire_texts(len(keys), *keys, max_bytes, ANY_ROOM, ttl_ms, version)
        # What goes over the wire, and how many words that is.
        self._pieces: list[bytes] = []
        self._count = 0
        self._size = 0

    def add(self, spans: Sequence[tuple[bytes, bytes]]) -> bool:
        """Add spans, each an identity and a payload; whether there was room for them."""
        size = sum(len(payload) for _, payload in spans)
        if self._count and self._size + size > MAX_BATCH_BYTES:
            return False
        for identity, payload in spans:
            self._pieces += (
                b"$%d\r\n%b\r\n$%d\r\n" % (len(identity), identity, len(payload)),
                payload,
                b"\r\n",
            )
        self._count += 2 * len(spans)
        self._size += size
        return True

    @classmethod
    def words(cls, batches: Sequence["HotSpans"]) -> tuple[Iterable[bytes], int]:
        """The one batch's, with the spans of this turn."""
        [batch] = batches
        words = [batch._words, *batch._pieces], _WORDS + batch._count
        batch.drop()
        return words

    def drop(self) -> None:
        """Keep none of the spans."""
        self._pieces, self._count, self._size = [], 0, 0

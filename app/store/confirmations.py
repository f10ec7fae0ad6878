"""Confirmations: the store checks and counts decisions by rules at hand before they go out."""

from app.store.hot_calls import Batch, HotScript, wire_texts
from app.store.keys import session_keys
from app.store.scripts import confirm_hops

# The number of keys, the key, and three arguments.
_WORDS = 1 + 1 + 3


class Confirmations(Batch):
    """The hops of a session that were decided by one version; one object serves turn after turn.

    hits: how many of them are answered.
    """

    script = HotScript(confirm_hops)

    def __init__(self, org: str, session_id: str, version: str, ttl_ms: int) -> None:
        key = session_keys(org, session_id).session
        super().__init__(key)
        self._words = wire_texts(1, key, ttl_ms, version)
        self.hits = 0

    def take(self) -> tuple[bytes, int]:
        """The words, with the hits of this turn."""
        hits, self.hits = b"%d" % self.hits, 0
        return b"%b$%d\r\n%b\r\n" % (self._words, len(hits), hits), _WORDS

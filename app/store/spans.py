"""Buffered spans in the store: kept once each, read back in pages in the order of their arrival."""

from collections.abc import AsyncIterator, Sequence
from itertools import compress
from typing import Any, NamedTuple

from redis.asyncio import Redis

from app.store import scripts
from app.store.connection import store_faults
from app.store.keys import session_keys
from app.store.sessions import accepted

# How many spans a page holds. A page is all that a close has of a capture in memory at a time.
PAGE_SPANS = 32
# How many spans are asked after at a time.
ASKED_SPANS = 5000


class Kept(NamedTuple):
    """What became of an upload's spans for one session: new ones, and those over the limit."""

    fresh: int
    over_limit: int


class Known(NamedTuple):
    """What is known of spans before they come.

    capturing: whether the session keeps spans, or only counts them.
    room: how many bytes it can still buffer.
    seen: those of the identities that it has counted already.
    """

    capturing: bool
    room: int
    seen: frozenset[bytes]


class SpanStore:
    """The spans of all sessions.

    client: the connection.
    ttl_ms: a session's life after its last use.
    max_bytes: what one session may buffer.
    """

    def __init__(self, client: Redis, ttl_ms: int, max_bytes: int) -> None:
        self._client = client
        self._ttl_ms = ttl_ms
        self._max_bytes = max_bytes

    async def known(self, org: str, session_id: str, identities: Sequence[bytes]) -> Known:
        """What is known of spans with these identities, so that none is sent in vain."""
        keys = session_keys(org, session_id)
        seen: set[bytes] = set()
        with store_faults():
            held: Any = await self._client.hmget(keys.session, ["mode", "capturedBytes"])
            for at in range(0, len(identities), ASKED_SPANS):
                asked = identities[at : at + ASKED_SPANS]
                answers: Any = await self._client.smismember(keys.seen, asked)  # type: ignore[arg-type]
                seen.update(compress(asked, answers))
        return Known(held[0] == b"capture", self._max_bytes - int(held[1] or 0), frozenset(seen))

    async def append(self, org: str, session_id: str, spans: Sequence[tuple[bytes, bytes]]) -> Kept:
        """Keep spans, each given by its identity and its payload; none without one.

        Raises `session_not_found`, or `close_in_progress` while a close's outcome is open.
        """
        with store_faults():
            reply = await scripts.append_spans(
                self._client,
                session_keys(org, session_id),
                max_bytes=self._max_bytes,
                ttl_ms=self._ttl_ms,
                items=[piece for span in spans for piece in span],
            )
        return Kept(*accepted(reply, session_id))

    async def pages(self, org: str, session_id: str) -> AsyncIterator[list[bytes]]:
        """The payloads that a session has buffered, a page at a time."""
        key = session_keys(org, session_id).spans
        start = 0
        while True:
            with store_faults():
                page: list[Any] = await self._client.lrange(key, start, start + PAGE_SPANS - 1)
            if page:
                yield page
            if len(page) < PAGE_SPANS:
                return
            start += PAGE_SPANS

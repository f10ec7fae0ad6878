"""Buffered spans in the store: kept once each, read back in pages in the order of their arrival."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from redis.asyncio import Redis

from app.store import scripts
from app.store.faults import store_faults
from app.store.keys import SessionKeys, session_keys
from app.store.sessions import accepted

# A page is all that a close has of a capture in memory at a time: so many spans at most, and so
# many bytes; a span that is longer is a page of its own.
PAGE_SPANS = 512
PAGE_BYTES = 2**20


class Kept(NamedTuple):
    """What became of an upload's spans for one session: new ones, and those over the limit."""

    fresh: int
    over_limit: int


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

    async def append(self, org: str, session_id: str, spans: Sequence[tuple[bytes, bytes]]) -> Kept:
        """Keep spans, each given by its identity and its payload.

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
        keys = session_keys(org, session_id)
        start = 0
        while page := await self._page(keys, start):
            yield page
            start += len(page)

    async def _page(self, keys: SessionKeys, start: int) -> list[bytes]:
        with store_faults():
            reply = await scripts.read_spans(
                self._client, keys, start=start, max_spans=PAGE_SPANS, max_bytes=PAGE_BYTES
            )
        page: list[bytes] = reply.values[0]
        return page

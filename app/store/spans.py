"""Buffered spans in the store: kept once each, read back in pages in the order of their arrival."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from itertools import compress
from typing import Any, NamedTuple

from redis.asyncio import Redis

from app.store import scripts
from app.store.again import asked_again
from app.store.faults import store_faults
from app.store.keys import SessionKeys, session_keys
from app.store.sessions import accepted

# A page is all that a close has of a capture in memory at a time: so many spans at most, and so
# many bytes; a span that is longer is read in parts of that length.
PAGE_SPANS = 512
PAGE_BYTES = 2**20
ANY_ROOM = -1
# How many spans are asked after at a time.
ASKED_SPANS = 5000


class Kept(NamedTuple):
    """What became of an upload's spans for one session: new ones, and those over the limit."""

    fresh: int
    over_limit: int


class KeptWithin(NamedTuple):
    """The same where there was room for so many bytes only.

    over_room: for how many there was none. total: what the session has kept by now, in bytes.
    """

    fresh: int
    over_limit: int
    over_room: int
    total: int


class LongSpan:
    """A payload that is longer than a page.

    size: its length in bytes.
    """

    def __init__(self, client: Redis, keys: SessionKeys, position: int, size: int) -> None:
        self._client = client
        self._keys = keys
        self._position = position
        self.size = size

    async def parts(self) -> AsyncIterator[bytes]:
        """Its bytes in order; fewer than its size if it is removed meanwhile."""
        start = 0
        while start < self.size and (part := await self._part(start)):
            yield part
            start += len(part)

    async def _part(self, start: int) -> bytes:
        return await asked_again(partial(self._read_part, start))

    async def _read_part(self, start: int) -> bytes:
        with store_faults():
            reply = await scripts.read_long_span(
                self._client,
                self._keys,
                position=self._position,
                start=start,
                length=PAGE_BYTES,
            )
        part: bytes = reply.values[0]
        return part


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
        kept = await self.append_within(org, session_id, spans, room=ANY_ROOM)
        return Kept(kept.fresh, kept.over_limit)

    async def append_within(
        self, org: str, session_id: str, spans: Sequence[tuple[bytes, bytes]], room: int
    ) -> KeptWithin:
        """The same, but of new spans no more than there is room for.

        room: in bytes, or ANY_ROOM.
        """
        with store_faults():
            reply = await scripts.append_spans(
                self._client,
                session_keys(org, session_id),
                max_bytes=self._max_bytes,
                room=room,
                ttl_ms=self._ttl_ms,
                version="",
                items=[piece for span in spans for piece in span],
            )
        return KeptWithin(*accepted(reply, session_id))

    async def pages(self, org: str, session_id: str) -> AsyncIterator[list[bytes] | LongSpan]:
        """The payloads that a session has buffered, a page or a long one at a time."""
        keys = session_keys(org, session_id)
        start = 0
        while page := await asked_again(partial(self._page, keys, start)):
            yield page
            start += 1 if isinstance(page, LongSpan) else len(page)

    async def _page(self, keys: SessionKeys, start: int) -> list[bytes] | LongSpan:
        with store_faults():
            reply = await scripts.read_spans(
                self._client, keys, start=start, max_spans=PAGE_SPANS, max_bytes=PAGE_BYTES
            )
        if reply.word == "long":
            return LongSpan(self._client, keys, start, size=int(reply.values[0]))
        page: list[bytes] = reply.values[0]
        return page

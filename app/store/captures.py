"""The index of written captures: the newest of each organisation, as they are listed."""

import json
from typing import Any, NamedTuple

from redis.asyncio import Redis

from app.store import scripts
from app.store.clock import store_clock
from app.store.faults import store_faults
from app.store.keys import org_keys

KEPT = 10_000
# The index's life after an organisation's last capture, in ms: a year.
INDEX_MS = 365 * 24 * 3600 * 1000


class CaptureEntry(NamedTuple):
    """One capture as it is listed; times are ms since the epoch, size is in bytes."""

    capture_id: str
    case_path: str
    trace_count: int
    created_ms: int
    closed_ms: int
    size: int


class CaptureIndex:
    """The captures of all organisations."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def add(
        self,
        org: str,
        capture_id: str,
        *,
        case_path: str,
        trace_count: int,
        created_ms: int,
        size: int,
    ) -> None:
        """List a capture that is written now; a close that was taken over lists it once."""
        with store_faults():
            now = await store_clock(self._client)
            entry = CaptureEntry(capture_id, case_path, trace_count, created_ms, now, size)
            await scripts.index_capture(
                self._client,
                org_keys(org),
                capture_id=capture_id,
                entry=json.dumps(entry),
                keep=KEPT,
                ttl_ms=INDEX_MS,
            )

    async def find(self, org: str, capture_id: str) -> CaptureEntry | None:
        """The capture with this id, if it is listed."""
        with store_faults():
            found: Any = await self._client.hget(org_keys(org).entries, capture_id)
        return CaptureEntry(*json.loads(found)) if found else None

    async def page(
        self, org: str, before: str | None, limit: int
    ) -> tuple[list[CaptureEntry], bool]:
        """Captures, newest first, and whether there are more.

        before: the last id of the page before, or None for the first page.
        """
        keys = org_keys(org)
        upper = f"({before}" if before else "+"
        with store_faults():
            ids: list[Any] = await self._client.zrange(
                keys.captures, upper, "-", desc=True, bylex=True, offset=0, num=limit + 1
            )
            held: list[Any] = await self._client.hmget(keys.entries, ids) if ids else []
        entries = [CaptureEntry(*json.loads(entry)) for entry in held if entry]
        return entries[:limit], bool(entries) and len(ids) > limit

"""The index of written captures: the newest of each organisation, as they are listed."""

import json
from collections.abc import AsyncIterator, Sequence
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
    """One capture as it is listed; times are ms since the epoch, size is in bytes.

    project: that of its session; empty for none, and then not written down.
    """

    capture_id: str
    case_path: str
    trace_count: int
    created_ms: int
    closed_ms: int
    size: int
    project: str = ""

    def written(self) -> str:
        """The entry as JSON; without a project in the form that older versions read too."""
        return json.dumps(self if self.project else self[:-1])


def _entries(held: Sequence[bytes | None], project: str) -> list[CaptureEntry]:
    """What was found of entries, less those of other projects."""
    entries = [CaptureEntry(*json.loads(entry)) for entry in held if entry]
    return [entry for entry in entries if not project or entry.project == project]


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
        project: str = "",
    ) -> None:
        """List a capture that is written now; a close that was taken over lists it once."""
        with store_faults():
            now = await store_clock(self._client)
            entry = CaptureEntry(capture_id, case_path, trace_count, created_ms, now, size, project)
            await scripts.index_capture(
                self._client,
                org_keys(org),
                capture_id=capture_id,
                entry=entry.written(),
                keep=KEPT,
                ttl_ms=INDEX_MS,
            )

    async def find(self, org: str, capture_id: str, project: str = "") -> CaptureEntry | None:
        """The capture with this id, if it is listed.

        project: the only one whose capture it may be; empty for any.
        """
        with store_faults():
            found: Any = await self._client.hget(org_keys(org).entries, capture_id)
        return next(iter(_entries([found], project)), None)

    async def page(
        self, org: str, before: str | None, limit: int, project: str = ""
    ) -> tuple[list[CaptureEntry], bool]:
        """Captures, newest first, and whether there are more.

        before: the last id of the page before, or None for the first page.
        project: the only one whose captures are listed; empty for all.
        """
        found: list[CaptureEntry] = []
        async for entries in self._walk(org, before, limit + 1, project):
            found += entries
            if len(found) > limit:
                break
        return found[:limit], len(found) > limit

    async def _walk(
        self, org: str, before: str | None, step: int, project: str
    ) -> AsyncIterator[list[CaptureEntry]]:
        keys = org_keys(org)
        upper = f"({before}" if before else "+"
        while True:
            with store_faults():
                ids: list[Any] = await self._client.zrange(
                    keys.captures, upper, "-", desc=True, bylex=True, offset=0, num=step
                )
                held: list[Any] = await self._client.hmget(keys.entries, ids) if ids else []
            yield _entries(held, project)
            if len(ids) < step:
                return
            upper = f"({ids[-1].decode()}"

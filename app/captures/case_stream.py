"""The stream of a case file: a session's spans, turned to JSON as they are read from the store."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from app.captures import case_file
from app.captures.lease import Lease, LostLease
from app.otlp.json_stream import TraceStream
from app.store.spans import LongSpan

Made = TypeVar("Made")

# Turning more to JSON takes long enough to keep other calls waiting, in bytes.
LARGE_BYTES = 64 * 1024


def _traces(page: list[bytes], first: bool) -> list[bytes]:
    return list(case_file.traces(page, first=first))


class CaseStream:
    """A session's case file as a stream of pieces, counting its traces as they pass.

    converter: turns large pages to JSON, one at a time, for that takes several times their size.
    """

    def __init__(
        self,
        opening: bytes,
        pages: AsyncIterator[list[bytes] | LongSpan],
        lease: Lease,
        converter: ThreadPoolExecutor,
    ) -> None:
        self._opening = opening
        self._converter = converter
        self._pages = pages
        self._lease = lease
        self.traces = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        """The pieces. Raises LostLease in the place of the last one if the lease is lost."""
        yield self._opening
        async for page in self._pages:
            made = self._long(page) if isinstance(page, LongSpan) else self._short(page)
            async for piece in made:
                yield piece
        # Who was held up past the lease may have found no more spans because another owner has
        # finished the close: that one's file stands, this one is not to take its place.
        await self._lease.check()
        yield case_file.CLOSING

    async def _short(self, page: list[bytes]) -> AsyncIterator[bytes]:
        first = self.traces == 0
        self.traces += len(page)
        pieces = await self._converted(sum(map(len, page)), partial(_traces, page, first))
        for piece in pieces:
            yield piece

    async def _long(self, span: LongSpan) -> AsyncIterator[bytes]:
        yield case_file.separator(first=self.traces == 0)
        self.traces += 1
        stream, came = TraceStream(span.size), 0
        async for part in span.parts():
            came += len(part)
            yield await self._converted(len(part), partial(stream.feed, part))
        if came < span.size:
            # Only the end of another owner's close takes spans away.
            raise LostLease

    async def _converted(self, size: int, convert: Callable[[], Made]) -> Made:
        if size < LARGE_BYTES:
            return convert()
        return await asyncio.get_running_loop().run_in_executor(self._converter, convert)

"""Closes and writes of case files with spans, where tracing is on."""

from collections.abc import AsyncIterator
from typing import Any

from app.captures.close import Closed, Closer
from app.captures.sink import Sink
from app.captures.timed_sink import sink_name
from app.store.closes import Begun
from app.telemetry.tracing import Tracing


class TracedCloser(Closer):
    """A closer whose every close is a span."""

    def __init__(self, tracing: Tracing, *parts: Any) -> None:
        super().__init__(*parts)
        self._tracing = tracing

    async def close(self, org: str, session_id: str) -> Closed:
        """Close an open session; see Closer."""
        with self._tracing.step("close", **_of(org, session_id)) as span:
            closed = await super().close(org, session_id)
            span.note({"sp.trace.count": closed.trace_count})
            return closed

    async def close_lapsed(self, org: str, session_id: str) -> Begun:
        """Close a session that has lapsed; see Closer."""
        with self._tracing.step("close lapsed", **_of(org, session_id)) as span:
            begun = await super().close_lapsed(org, session_id)
            span.note({"sp.close.outcome": str(begun.outcome)})
            return begun


def _of(org: str, session_id: str) -> dict[str, str]:
    return {"sp.org": org, "sp.session.id": session_id}


class TracedSink:
    """A sink whose every write is a span."""

    def __init__(self, sink: Sink, tracing: Tracing) -> None:
        self._sink = sink
        self._tracing = tracing

    async def write(self, path: str, chunks: AsyncIterator[bytes]) -> int:
        """Write a file whole or not at all; gives its size in bytes once it is durable."""
        with self._tracing.step("write case", **{"sp.sink": sink_name(path)}) as span:
            size = await self._sink.write(path, chunks)
            span.note({"sp.case.size": size})
            return size

    async def read(self, path: str) -> AsyncIterator[bytes] | None:
        """The file's chunks, or None where it is gone. Raises SinkError."""
        return await self._sink.read(path)

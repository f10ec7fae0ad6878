"""A sink that tells the metrics how long writes take and how much they write."""

import time
from collections.abc import AsyncIterator

from app.captures.destination import bucket_of
from app.captures.sink import Sink, SinkError
from app.telemetry.metrics import Metrics


def sink_name(path: str) -> str:
    """Which sink a case file's path or URL belongs to: `file`, or the scheme of its bucket."""
    bucket = bucket_of(path)
    return bucket[0] if bucket else "file"


class TimedSink:
    """Passes everything on to another sink."""

    def __init__(self, sink: Sink, metrics: Metrics) -> None:
        self._sink = sink
        self._metrics = metrics

    async def write(self, path: str, chunks: AsyncIterator[bytes]) -> int:
        """Write a file whole or not at all; gives its size in bytes once it is durable."""
        name, started, result = sink_name(path), time.perf_counter(), "broken"
        try:
            size = await self._sink.write(path, chunks)
            result = "ok"
        except SinkError:
            result = "refused"
            raise
        finally:
            seconds = time.perf_counter() - started
            self._metrics.sink_writes.labels(name, result).observe(seconds)
        self._metrics.sink_bytes.labels(name).inc(size)
        return size

    async def read(self, path: str) -> AsyncIterator[bytes] | None:
        """The file's chunks, or None where it is gone. Raises SinkError."""
        return await self._sink.read(path)

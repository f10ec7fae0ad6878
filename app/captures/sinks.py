"""All sinks as one: each path or URL goes to the sink of its scheme, made when it is first met.

A case that was written before the template changed is so still read from where it lies.
"""

from collections.abc import AsyncIterator

from app.captures.destination import bucket_of
from app.captures.file_sink import FileSink
from app.captures.object_sink import ObjectSink
from app.captures.sink import Sink


class Sinks:
    """The sinks by scheme and bucket."""

    def __init__(self) -> None:
        self._files = FileSink()
        self._objects: dict[tuple[str, str], ObjectSink] = {}

    def of(self, path: str) -> Sink:
        """The sink that a path belongs to. Raises SinkError if its cloud is not set up."""
        return self._of(path)

    def _of(self, path: str) -> FileSink | ObjectSink:
        bucket = bucket_of(path)
        if bucket is None:
            return self._files
        if bucket not in self._objects:
            self._objects[bucket] = ObjectSink(*bucket)
        return self._objects[bucket]

    async def write(self, path: str, chunks: AsyncIterator[bytes]) -> int:
        """Write a file whole or not at all; gives its size in bytes once it is durable."""
        return await self.of(path).write(path, chunks)

    async def remove(self, path: str) -> None:
        """Remove a file that may be gone already. Raises SinkError."""
        await self._of(path).remove(path)

    async def read(self, path: str) -> AsyncIterator[bytes] | None:
        """The file's chunks, or None where it is gone. Raises SinkError."""
        return await self.of(path).read(path)

"""Sinks: what a case file can be written to and read back from."""

from collections.abc import AsyncIterator
from typing import Protocol


class SinkError(Exception):
    """The destination refused; the text says where and why, without the document.

    where: the path or URL, which is for the log. why: fit for a caller, without secrets.
    """

    def __init__(self, where: object, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.why = why


class Sink(Protocol):
    """A destination for case files."""

    async def write(self, path: str, chunks: AsyncIterator[bytes]) -> int:
        """Write a file whole or not at all; gives its size in bytes once it is durable.

        Raises SinkError if the destination refuses; what `chunks` raises passes through.
        """
        ...

    async def read(self, path: str) -> AsyncIterator[bytes] | None:
        """The file's chunks, or None where it is gone. Raises SinkError."""
        ...

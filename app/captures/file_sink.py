"""The file sink: a temporary name, fsync of the file, rename, fsync of the folder."""

import asyncio
import contextlib
import os
import secrets
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.captures.blocks import blocks
from app.captures.sink import SinkError

# Pieces are gathered to this size before they go to a thread that writes them, in bytes.
BLOCK = 256 * 1024


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SinkError(path, error.strerror or "it cannot be used") from error


class _Draft:
    """A file under its temporary name, in the folder of its final one."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._path = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
        target.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("xb")

    def write(self, block: bytes) -> None:
        self._file.write(block)

    def publish(self) -> int:
        """Make the file durable and give it its name; its size in bytes."""
        self._file.flush()
        os.fsync(self._file.fileno())
        size = self._file.tell()
        self._file.close()
        self._path.replace(self._target)
        self._sync_folder()
        self._sweep_siblings()
        return size

    def discard(self) -> None:
        """Leave nothing behind, whatever the state of the file."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _sync_folder(self) -> None:
        folder = os.open(self._target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _sweep_siblings(self) -> None:
        """Remove what a replica that was killed while it wrote the same file left behind."""
        prefix, suffix = f".{self._target.name}.", ".tmp"
        for sibling in self._target.parent.iterdir():
            if sibling.name.startswith(prefix) and sibling.name.endswith(suffix):
                sibling.unlink(missing_ok=True)


def _opened(path: Path) -> BinaryIO | None:
    """A file for reading; None where it is gone, or something else has taken its place."""
    try:
        # Without this, a pipe in the file's place would hold up the thread for ever.
        held = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    file = os.fdopen(held, "rb") if stat.S_ISREG(os.fstat(held).st_mode) else None
    if file is None:
        os.close(held)
    return file


class FileSink:
    """Case files in folders; every call to the system is made in a thread."""

    async def write(self, path: str, chunks: AsyncIterator[bytes]) -> int:
        """Write a file whole or not at all; gives its size in bytes once it is durable."""
        target = Path(path)
        with _refusals(target):
            draft = await asyncio.to_thread(_Draft, target)
        try:
            async for block in blocks(chunks, BLOCK):
                with _refusals(target):
                    await asyncio.to_thread(draft.write, block)
            with _refusals(target):
                return await asyncio.to_thread(draft.publish)
        except BaseException:
            await asyncio.to_thread(draft.discard)
            raise

    async def remove(self, path: str) -> None:
        """Remove a file that may be gone already. Raises SinkError."""
        target = Path(path)
        with _refusals(target):
            await asyncio.to_thread(target.unlink, missing_ok=True)

    async def read(self, path: str) -> AsyncIterator[bytes] | None:
        """The file's chunks, or None where it is gone."""
        target = Path(path)
        with _refusals(target):
            file = await asyncio.to_thread(_opened, target)
        if file is None:
            return None

        async def chunks() -> AsyncIterator[bytes]:
            with file:
                while block := await asyncio.to_thread(file.read, BLOCK):
                    yield block

        return chunks()

"""Blocks: a stream's small pieces gathered, so that each write to a destination is worth its call."""

from collections.abc import AsyncIterator


async def blocks(chunks: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The stream in blocks of `size` bytes or, where a piece is longer, up to a piece more."""
    gathered = bytearray()
    async for chunk in chunks:
        gathered += chunk
        if len(gathered) >= size:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)

"""Blocks: a stream's small pieces gathered, so that each call of a destination is worth it."""

from collections.abc import AsyncIterator


async def blocks(chunks: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The stream in blocks of at least `size` bytes, but the last and those before a long piece.

    A piece that is as long as a block passes as it is, for a copy of it would be long too.
    """
    gathered = bytearray()
    async for chunk in chunks:
        if len(chunk) >= size:
            if gathered:
                yield bytes(gathered)
                gathered.clear()
            yield chunk
            continue
        gathered += chunk
        if len(gathered) >= size:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)

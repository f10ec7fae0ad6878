"""A sink for tests of what writes through one: it can refuse, and it can be held up once."""

from collections.abc import AsyncIterator, Awaitable, Callable

from app.captures.file_sink import FileSink
from app.captures.sink import SinkError


async def _nothing() -> None:
    pass


class FailingSink(FileSink):
    """A file sink that refuses for as long as it is told to, and that can be held up once.

    refuses: whether a write ends with a refusal, after some of the stream has been read.
    hold_up: awaited once, by the next write, after some of the stream has been read.
    """

    refuses = False
    hold_up: Callable[[], Awaitable[object]] = staticmethod(_nothing)

    async def write(self, path: str, chunks: AsyncIterator[bytes]) -> int:
        """Read some of the stream, then refuse or write the rest after whatever holds it up."""
        held_up, self.hold_up = self.hold_up, _nothing
        opening = await anext(chunks)
        await held_up()
        if self.refuses:
            raise SinkError(path, "the bucket is away")

        async def all_chunks() -> AsyncIterator[bytes]:
            yield opening
            async for chunk in chunks:
                yield chunk

        return await super().write(path, all_chunks())

"""A closer over a store, with a destination that can be made to refuse."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from redis.asyncio import Redis

from app.captures.close import Closer
from app.captures.destination import Destination
from app.captures.file_sink import FileSink
from app.captures.sink import SinkError
from app.store.captures import CaptureIndex
from app.store.closes import CloseStore
from app.store.sessions import SessionStore
from app.store.spans import SpanStore

ORG = "default"
TTL = 60_000


async def _nothing() -> None:
    pass


class FlakySink(FileSink):
    """A file sink that refuses for as long as it is told to, and that can be held up once."""

    refuses = False
    hold_up: Callable[[], Awaitable[object]] = staticmethod(_nothing)

    async def write(self, path: str, chunks: AsyncIterator[bytes]) -> int:
        """Read some of the stream, then refuse or write the rest after whatever holds it up."""
        held_up, self.hold_up = self.hold_up, _nothing
        opening = await anext(chunks)
        await held_up()
        if self.refuses:
            raise SinkError("the bucket is away")

        async def all_chunks() -> AsyncIterator[bytes]:
            yield opening
            async for chunk in chunks:
                yield chunk

        return await super().write(path, all_chunks())


@dataclass
class House:
    """What a capture passes through."""

    client: Redis
    folder: Path
    sink: FlakySink = field(default_factory=FlakySink)

    def __post_init__(self) -> None:
        self.sessions = SessionStore(self.client, TTL)
        self.spans = SpanStore(self.client, TTL, max_bytes=1_000_000)
        self.captures = CaptureIndex(self.client)
        self.closes = CloseStore(self.client)
        self.closer = Closer(
            self.closes,
            self.spans,
            self.sessions.index,
            self.captures,
            self.sink,
            Destination(str(self.folder / "{sessionId}.case.json")),
        )

    async def captured(self, count: int) -> str:
        """A capture session that holds some spans; gives its id."""
        session_id, _ = await self.sessions.create(ORG, "capture", "{}")
        await self.spans.append(ORG, session_id, [span(n) for n in range(count)])
        return session_id


def span(number: int) -> tuple[bytes, bytes]:
    """The identity and payload of a span that bears a number."""
    payload = TracesData()
    held = payload.resource_spans.add().scope_spans.add().spans.add()
    held.trace_id = b"\1" * 16
    held.span_id = (number + 1).to_bytes(8, "big")
    held.name = f"span {number}"
    return held.trace_id + held.span_id, payload.SerializeToString()


@pytest.fixture
def house(client: Redis, tmp_path: Path) -> House:
    """The house over an empty store."""
    return House(client, tmp_path)

"""Turns: a replica writes so many captures at once, and who waits holds nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.captures import close
from app.captures.close import CLOSES_AT_ONCE
from app.store.closes import Outcome
from tests.captures.conftest import ORG, House
from tests.captures.failing_sink import FailingSink
from tests.captures.test_close import refusal_of

CAPTURES = CLOSES_AT_ONCE + 2


class GatedSink(FailingSink):
    """A sink whose writes all wait for its gate, and that says when as many wait as may."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.full = asyncio.Event()
        self.writing = 0

    async def write(self, path: str, chunks: AsyncIterator[bytes]) -> int:
        """Wait for the gate, then write."""
        self.writing += 1
        if self.writing == CLOSES_AT_ONCE:
            self.full.set()
        await self.gate.wait()
        return await super().write(path, chunks)


class Crowd:
    """More captures being closed than have a turn."""

    def __init__(self, client: Redis, folder: Path) -> None:
        self.sink = GatedSink()
        self.house = House(client, folder, self.sink)

    async def gather(self) -> None:
        """Begin all closes and wait until every turn is taken."""
        self.ids = [await self.house.captured(1) for _ in range(CAPTURES)]
        closes = (self.house.closer.close(ORG, session_id) for session_id in self.ids)
        self.closes = [asyncio.ensure_future(one) for one in closes]
        await self.sink.full.wait()

    async def states(self) -> list[Outcome]:
        """What has become of the sessions, by name."""
        return sorted([await self.house.closes.state(ORG, one) for one in self.ids])


@pytest.fixture
async def crowd(client: Redis, tmp_path: Path) -> Crowd:
    """The crowd, gathered."""
    crowd = Crowd(client, tmp_path)
    await crowd.gather()
    return crowd


async def test_who_waits_for_a_turn_has_begun_nothing(crowd: Crowd) -> None:
    """Any other replica may close such a session meanwhile; in the end all are closed."""
    waiting = [Outcome.OPEN] * (CAPTURES - CLOSES_AT_ONCE)
    assert await crowd.states() == [Outcome.CLOSING] * CLOSES_AT_ONCE + waiting
    crowd.sink.gate.set()
    assert [closed.trace_count for closed in await asyncio.gather(*crowd.closes)] == [1] * CAPTURES


async def test_what_has_nothing_to_write_needs_no_turn(crowd: Crowd) -> None:
    """A replay session closes past them all, and what is being closed is told as ever."""
    replay, _ = await crowd.house.sessions.create(ORG, "replay", "{}")
    assert await crowd.house.closer.close(ORG, replay) == close.Closed(None, 0)
    assert await refusal_of(crowd.house.closer.close(ORG, "sess_unknown")) == "session_not_found"
    crowd.sink.gate.set()
    await asyncio.gather(*crowd.closes)


async def test_a_turn_that_does_not_come_is_a_refusal(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session stays open, and a later close succeeds."""
    late = await crowd.house.captured(2)
    monkeypatch.setattr(close, "TURN_SECONDS", 0.01)
    assert await refusal_of(crowd.house.closer.close(ORG, late)) == "capture_store_unavailable"
    crowd.sink.gate.set()
    await asyncio.gather(*crowd.closes)
    assert (await crowd.house.closer.close(ORG, late)).trace_count == 2

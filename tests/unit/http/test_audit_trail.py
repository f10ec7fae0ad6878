"""The way of deeds to the audit: nobody waits for the store, and what it takes comes in order."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from redis.exceptions import ResponseError

from app.http import audit_trail
from app.http.audit_trail import AuditTrail
from app.store.audit import Deed
from app.store.faults import unavailable


@dataclass
class Streams:
    """Takes deeds, but for the first so many tries."""

    refusals: int = 0
    taken: list[tuple[str, Deed]] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def append(self, org: str, deed: Deed) -> None:
        """As the store."""
        await self.open.wait()
        if self.refusals:
            self.refusals -= 1
            raise unavailable()
        self.taken.append((org, deed))


def deed(number: int) -> Deed:
    """One of many."""
    return Deed("key_1", "session.create", f"sess_{number}", "r")


@asynccontextmanager
async def running(trail: AuditTrail) -> AsyncIterator[None]:
    """The trail at work."""
    work = asyncio.create_task(trail.run())
    yield
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing takes long."""
    monkeypatch.setattr(audit_trail, "AGAIN_SECONDS", 0.001)


async def test_deeds_come_in_order_whatever_the_store_does_meanwhile() -> None:
    """It is asked again until it takes them."""
    streams = Streams(refusals=3)
    trail = AuditTrail(streams)
    async with running(trail):
        for number in range(5):
            trail.note("acme", deed(number))
        assert streams.taken == []
        streams.open.set()
        await trail.empty()
    assert streams.taken == [("acme", deed(number)) for number in range(5)]


async def test_a_deed_that_the_store_will_never_take_costs_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever is wrong with it: those behind it come to the store."""
    streams = Streams()
    streams.open.set()
    take = streams.append

    async def append(org: str, deed: Deed) -> None:
        if org == "broken":
            raise ResponseError("WRONGTYPE")
        await take(org, deed)

    monkeypatch.setattr(streams, "append", append)
    trail = AuditTrail(streams)
    async with running(trail):
        for number, org in enumerate(("broken", "acme", "broken", "acme")):
            trail.note(org, deed(number))
        await trail.empty()
    assert streams.taken == [("acme", deed(1)), ("acme", deed(3))]


class Lines(logging.Handler):
    """Keeps what is logged about the audit, whatever other tests have made of the loggers."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.records.append(record)


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The lines of a test."""
    log, kept = logging.getLogger("softprobe.audit"), Lines()
    level = log.level
    log.addHandler(kept)
    log.setLevel(logging.INFO)
    yield kept
    log.setLevel(level)
    log.removeHandler(kept)


async def test_each_deed_has_a_log_line_at_once(lines: Lines) -> None:
    """Whether the store takes it or not; those that find no place are told of."""
    trail = AuditTrail(Streams(), waiting=2)
    for number in range(3):
        trail.note("acme", deed(number))
    messages = [record.getMessage() for record in lines.records]
    assert messages[:3] == ["audit"] * 3
    assert vars(lines.records[0])["key"] == "key_1"
    assert vars(lines.records[0])["sp.session.id"] == "sess_0"
    assert "not stored" in messages[3]
    assert len(messages) == 4


async def test_the_end_does_not_wait_for_a_store_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What waits then is in the log alone."""
    monkeypatch.setattr(audit_trail, "LAST_SECONDS", 0.01)
    streams = Streams()
    trail = AuditTrail(streams)
    async with running(trail):
        trail.note("acme", deed(1))
        await trail.empty()
    assert streams.taken == []

"""The store's standing: what could not serve at the start is looked at until it does."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from app.store import standing
from app.store.ack import Ack
from app.store.connection import StoreSetupError, connect
from app.store.standing import Standing
from app.store.start_check import Checked
from tests.servers import Valkey, wait_until

SERVES = Checked(True, "", [])
AWAY = Checked(False, "the store is away", [])
ALONE = Checked(True, "the store is alone", ["the store may evict"])
WRONG = StoreSetupError("the store is too old")

Told = Callable[[], list[str]]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What the log has been told, by level; looks follow each other without a pause."""
    monkeypatch.setattr(standing, "RECHECK_SECONDS", 0)
    caplog.set_level(logging.INFO, "softprobe.start")
    return lambda: [f"{line.levelname}: {line.getMessage()}" for line in caplog.records]


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition."""
    await asyncio.to_thread(wait_until, condition, what)


async def passed(monkeypatch: pytest.MonkeyPatch, *looks: Checked | Exception) -> None:
    """Watch a store through so many looks, of which the last one finds that it serves."""
    left = list(looks)
    of = Standing(Redis(), Ack.MEMORY)

    async def look(*_: object) -> Checked:
        assert not of.is_passed
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(standing, "check_store", look)
    async with of.watched():
        await until(lambda: of.is_passed, "the store to serve")
    assert left == []


async def test_a_store_that_serves_is_looked_at_once(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is told of it."""
    await passed(monkeypatch, SERVES)
    assert told() == []


async def test_what_is_missing_is_told_once_however_long_it_lasts(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes to be missing instead is told too, and that it serves in the end."""
    await passed(monkeypatch, AWAY, AWAY, ALONE, ALONE, ALONE, SERVES)
    assert told() == [
        "WARNING: the store is away",
        "WARNING: the store is alone",
        "WARNING: the store may evict",
        "INFO: the store serves now",
    ]


async def test_what_would_have_stopped_the_start_is_an_error_later(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replica stays unready until it is mended, and needs no restart then."""
    await passed(monkeypatch, AWAY, WRONG, WRONG, SERVES)
    assert told()[1:] == [
        "ERROR: the store cannot serve: the store is too old",
        "INFO: the store serves now",
    ]


async def test_it_stops_the_start_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the first look nobody is served yet."""
    with pytest.raises(StoreSetupError, match="too old"):
        await passed(monkeypatch, WRONG)


async def test_a_look_that_fails_of_itself_is_not_the_last(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the replica would be unready for ever."""
    await passed(monkeypatch, AWAY, ZeroDivisionError(), SERVES)
    assert told()[1:] == ["ERROR: the store could not be looked at", "INFO: the store serves now"]


async def test_a_real_server_is_found_to_serve_once_it_was_set_right(
    told: Told,
) -> None:
    """It was away, and came without the file that is asked for."""
    server = Valkey(appendonly="no")
    client = connect(server.url, Ack.AOF)
    of = Standing(client, Ack.AOF)
    async with of.watched():
        with server:
            await until(lambda: "needs `appendonly yes`" in " ".join(told()), "the error")
            assert not of.is_passed
            await client.config_set("appendonly", "yes")
            await until(lambda: of.is_passed, "the store to serve")
    await client.aclose()

"""Concurrency: how many calls of an organisation are under way."""

import asyncio

import pytest

from app.http.concurrency import Concurrency
from app.telemetry.metrics import Metrics


def test_no_more_than_the_limit_are_under_way() -> None:
    """One that leaves makes room; other organisations have their own."""
    concurrency = Concurrency(2, Metrics())
    assert [concurrency.enter("a") for _ in range(3)] == [True, True, False]
    assert concurrency.enter("b")
    concurrency.leave("a")
    assert [concurrency.enter("a") for _ in range(2)] == [True, False]


async def test_a_call_too_many_has_its_turn_when_one_leaves() -> None:
    """The one that waits longest first; who leaves makes room for one."""
    concurrency = Concurrency(1, Metrics())
    assert await concurrency.turn("a")
    first, second = (asyncio.create_task(concurrency.turn("a")) for _ in range(2))
    await asyncio.sleep(0)
    concurrency.leave("a")
    assert await first
    assert not await second
    assert not concurrency.enter("a")
    concurrency.leave("a")
    assert concurrency.enter("a")


async def test_who_stops_waiting_takes_no_turn() -> None:
    """Neither before it came nor in the moment in which it comes."""
    concurrency = Concurrency(1, Metrics())
    concurrency.enter("a")
    for comes in (False, True):
        waiting = asyncio.create_task(concurrency.turn("a"))
        await asyncio.sleep(0)
        if comes:
            concurrency.leave("a")
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert concurrency.enter("a")
    assert not concurrency.enter("a")


def test_an_organisation_without_calls_is_forgotten() -> None:
    """What is kept does not grow with the number of organisations."""
    concurrency = Concurrency(1, Metrics())
    for number in range(100):
        assert concurrency.enter(f"org-{number}")
        concurrency.leave(f"org-{number}")
    assert concurrency._under_way == {}


def test_without_a_limit_all_may_enter() -> None:
    """Where all calls are of one organisation there is nobody to be fair to."""
    concurrency = Concurrency(None, Metrics())
    assert all(concurrency.enter("a") for _ in range(1000))
    concurrency.leave("a")


def test_who_has_not_entered_cannot_leave() -> None:
    """A fault of the code is not counted as room."""
    with pytest.raises(KeyError):
        Concurrency(1, Metrics()).leave("a")

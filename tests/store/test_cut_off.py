"""A caller that is cut off stays so: in the client, where what it waits on may swallow that."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from app.store.connection import connect
from app.store.cut_off import cut_off_for_certain


async def _swallowed() -> str:
    """Wait for ever, and take being cut off for an answer."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return "an answer"
    return ""


async def _refused() -> None:
    """Wait for ever, and take being cut off for a fault."""
    await _swallowed()
    raise ConnectionError


@pytest.mark.parametrize("wait", [_swallowed, _refused])
async def test_a_cancellation_that_is_swallowed_comes_after_all(wait: Callable[[], Any]) -> None:
    """Whether the answer is one or an error."""

    async def ask() -> None:
        with cut_off_for_certain():
            await wait()

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait({asking})
    assert asking.cancelled()


async def test_who_was_cut_off_before_may_still_ask() -> None:
    """To give up what it holds."""

    async def ask() -> str:
        await _swallowed()
        with cut_off_for_certain():
            return "cleaned up"

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0)
    asking.cancel()
    assert await asking == "cleaned up"


async def test_a_deadline_around_it_is_still_one() -> None:
    """It cuts off too, and is to be told as what it is."""

    async def ask() -> None:
        async with asyncio.timeout(0.001):
            with cut_off_for_certain():
                await _swallowed()

    with pytest.raises(TimeoutError):
        await ask()


@pytest.mark.parametrize("kind", ["valkey", "cluster", "sentinel"])
async def test_who_asks_for_ever_ends_when_it_is_cut_off(
    store_urls: Callable[[str], str], kind: str
) -> None:
    """As the sweeper does; it kept a replica from ending."""
    client = connect(store_urls(kind))
    await client.ping()

    async def ask() -> None:
        while True:
            await client.ping()

    for number in range(200):
        asking = asyncio.create_task(ask())
        for _ in range(number % 40):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait({asking}, timeout=10)
        assert asking.cancelled()
    await client.aclose()

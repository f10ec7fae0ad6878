"""Work on bodies beside other calls: what takes long goes to a thread."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import islice
from typing import TypeVar

Made = TypeVar("Made")

# Work on a larger body takes long enough to keep other calls waiting, in bytes.
LARGE_BYTES = 256 * 1024


async def beside_other_calls(size: int, work: Callable[[], Made]) -> Made:
    """What some work makes; on much it is done in a thread, so that other calls go on.

    size: how much there is to work on, in bytes.
    """
    return work() if size < LARGE_BYTES else await asyncio.to_thread(work)


async def each_beside_other_calls(size: int, items: Iterator[Made]) -> AsyncIterator[Made]:
    """The items of an iterator, each made as `beside_other_calls` has it."""
    while made := await beside_other_calls(size, lambda: list(islice(items, 1))):
        yield made[0]

"""Asking the store again after a fault, where to be asked twice changes nothing."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.errors import ApiError

# How long until the store is asked once more, in seconds: a close asks much, and one silence of
# the store is not to undo all of it.
PAUSES = (0.1, 0.5)

Answer = TypeVar("Answer")


async def asked_again(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """The store's answer, asked for again after a fault. Raises the last fault if all fail."""
    for pause in PAUSES:
        try:
            return await ask()
        except ApiError:
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 jitter
    return await ask()

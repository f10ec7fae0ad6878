"""A caller that is cut off stays cut off, whatever it was waiting for."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def cut_off_for_certain() -> Iterator[None]:
    """Let no cancellation get lost within the body. Raises CancelledError where one did.

    redis-py sends by `asyncio.wait_for`, which, up to Python 3.11, swallows a cancellation that
    comes with the end of what it waits for: whoever asks in a loop would go on for ever. One from
    before is no matter: who was cut off may still clean up.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        yield
    finally:
        if task and task.cancelling() > before:
            raise asyncio.CancelledError

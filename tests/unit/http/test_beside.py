"""Work beside other calls: much of it in a thread, a little at once."""

import threading
from collections.abc import Iterator

import pytest

from app.http.beside import LARGE_BYTES, beside_other_calls, each_beside_other_calls


@pytest.mark.parametrize(("size", "apart"), [(LARGE_BYTES - 1, False), (LARGE_BYTES, True)])
async def test_much_work_is_done_in_a_thread(size: int, apart: bool) -> None:
    """The event loop goes on meanwhile."""
    here = threading.get_ident()
    assert (await beside_other_calls(size, threading.get_ident) != here) is apart


@pytest.mark.parametrize("size", [0, LARGE_BYTES])
async def test_items_are_made_one_at_a_time(size: int) -> None:
    """None before it is asked for."""
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(3):
            made.append(number)
            yield number

    async for item in each_beside_other_calls(size, items()):
        assert made == list(range(item + 1))
    assert made == [0, 1, 2]

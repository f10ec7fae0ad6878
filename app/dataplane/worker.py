"""A worker: a process of its own that looks into large bodies.

Reading millions of JSON values holds Python's interpreter, whatever the thread, and so does giving
back their memory. In another process that holds up nobody's calls.
"""

import asyncio
import gc
import pickle
import signal
import struct
import sys
from asyncio.subprocess import Process
from contextlib import suppress
from typing import Any

from app.dataplane.jobs import JOBS
from app.errors import ApiError, retry_later
from app.http.child import end_child, send_to, start_child

# How long a job may take, the wait for its turn included: the proxy gives up soon afterwards.
JOB_SECONDS = 4.0
# How long a worker without work is kept.
IDLE_SECONDS = 60.0
THRESHOLDS = (1_000_000, 100, 100)
_LENGTH = struct.Struct(">Q")


def _busy() -> ApiError:
    return retry_later(
        "store_unavailable", "the body could not be looked into in time; try again shortly"
    )


def _framed(value: Any) -> bytes:
    octets = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(octets)) + octets


class Worker:
    """One process, started when it is wanted, that does one job at a time.

    seconds: how long a job may take.
    """

    def __init__(self, seconds: float = JOB_SECONDS) -> None:
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._end_of_idling: asyncio.TimerHandle | None = None

    async def run(self, name: str, *arguments: Any) -> Any:
        """What a job of this name makes of its arguments.

        Raises `store_unavailable` where that takes too long or the process dies.
        """
        try:
            async with asyncio.timeout(self._seconds), self._turn:
                return await self._done(name, arguments)
        except (TimeoutError, EOFError):
            raise _busy() from None

    async def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if self._end_of_idling:
            self._end_of_idling.cancel()
        if process:
            await end_child(process)

    async def _done(self, name: str, arguments: tuple[Any, ...]) -> Any:
        if self._end_of_idling:
            self._end_of_idling.cancel()
        if self._process is None:
            self._process = await start_child("app.dataplane.worker")
        try:
            is_done, made = await _asked(self._process, _framed((name, arguments)))
        except BaseException:
            # Whatever it is at, nobody waits for it.
            await self.close()
            raise
        loop = asyncio.get_running_loop()
        self._end_of_idling = loop.call_later(IDLE_SECONDS, self._dismiss)
        if not is_done:
            raise RuntimeError(f"a worker failed: {made}")
        return made

    def _dismiss(self) -> None:
        process, self._process = self._process, None
        if process:
            with suppress(ProcessLookupError):
                process.kill()


async def _asked(process: Process, order: bytes) -> Any:
    assert process.stdout
    await send_to(process, order)
    (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
    return pickle.loads(await process.stdout.readexactly(length))  # noqa: S301 (our own child)


def _answer(name: str, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    try:
        return True, JOBS[name](*arguments)
    except Exception as error:  # The caller is to know.
        return False, type(error).__name__


def main() -> None:
    """Do the jobs on standard input, until that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What bodies say has no cycles, and a collector would go through all of it time and again.
    gc.set_threshold(*THRESHOLDS)
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    while head := orders.read(_LENGTH.size):
        (length,) = _LENGTH.unpack(head)
        name, arguments = pickle.loads(orders.read(length))  # noqa: S301 (from our parent)
        answers.write(_framed(_answer(name, arguments)))
        answers.flush()


if __name__ == "__main__":
    main()

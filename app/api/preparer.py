"""Where a case is prepared: here, in a thread, or, a large one, in a process of its own.

Reading a large document holds Python's interpreter for as long as its collector takes to look
through millions of values, whatever the thread, and keeps the memory. A process that ends does
neither to other calls.
"""

import asyncio
import gc
import json
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from app.api.frames import FRAME, prepared_frame, read_frame, refusal_frame
from app.api.preparation import PREPARATIONS, Prepared
from app.errors import ApiError, retry_later
from app.http.beside import each_beside_other_calls
from app.http.child import end_child, send_to, start_child
from app.recordings.ignores import Ignores, read_ignores, write_ignores

# From this size on a process pays, in bytes.
LARGE_BYTES = 4 * 2**20
# How many cases may be prepared in processes at a time: each needs many times its size.
PROCESSES = 2


def _killed() -> ApiError:
    """The error for a process that somebody has ended, such as a system that is short of memory."""
    return retry_later(
        "store_unavailable", "the process that prepared the case was ended; try again shortly"
    )


def _order(name: str, ignores: Ignores) -> bytes:
    return json.dumps([name, write_ignores(ignores).decode()]).encode() + b"\n"


async def _send(process: Process, order: bytes, document: bytes) -> None:
    assert process.stdin
    await send_to(process, order)
    await send_to(process, document)
    process.stdin.close()


async def _received(process: Process) -> AsyncGenerator[Prepared, None]:
    assert process.stdout
    try:
        while head := await process.stdout.read(1):
            kind, length = FRAME.unpack(head + await process.stdout.readexactly(FRAME.size - 1))
            yield read_frame(kind, await process.stdout.readexactly(length))
    except asyncio.IncompleteReadError:
        raise _killed() from None
    if status := await process.wait():
        if status < 0:
            raise _killed()
        raise RuntimeError(f"the process that prepared a case ended with status {status}")


class Preparer:
    """Prepares cases beside other calls.

    large_bytes: from what size on in a process of its own.
    """

    def __init__(self, large_bytes: int = LARGE_BYTES) -> None:
        self._large_bytes = large_bytes
        self._room = asyncio.Semaphore(PROCESSES)

    async def prepare(
        self, name: str, document: bytes, ignores: Ignores = ()
    ) -> AsyncGenerator[Prepared, None]:
        """What the preparation of this name gives for a case document."""
        if len(document) < self._large_bytes:
            made = PREPARATIONS[name](document, ignores)
            async for prepared in each_beside_other_calls(len(document), made):
                yield prepared
            return
        processed = self._in_process(_order(name, ignores), document)
        async with self._room, aclosing(processed) as items:
            async for prepared in items:
                yield prepared

    async def _in_process(self, order: bytes, document: bytes) -> AsyncGenerator[Prepared, None]:
        process = await start_child("app.api.preparer")
        try:
            await _send(process, order, document)
            async for prepared in _received(process):
                yield prepared
        finally:
            await end_child(process)


def main() -> None:
    """Prepare the case on standard input as its first line says, and tell on standard output.

    Where the reader has gone there is nothing more to do.
    """
    # A Ctrl-C is the parent's to act on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A process that soon ends needs no collector, which would look through the case time and again.
    gc.disable()
    name, ignores = json.loads(sys.stdin.buffer.readline())
    document = sys.stdin.buffer.read()
    out = sys.stdout.buffer
    with suppress(BrokenPipeError):
        try:
            for prepared in PREPARATIONS[name](document, read_ignores(ignores)):
                out.write(prepared_frame(prepared))
        except ApiError as error:
            out.write(refusal_frame(error))
        out.flush()


if __name__ == "__main__":
    main()

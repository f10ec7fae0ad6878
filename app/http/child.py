"""A child: a Python process of the runtime's own, for work that would hold this one up."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_SLICE_BYTES = 2**20


async def start_child(module: str) -> Process:
    """A process that runs a module, with pipes for its input and its output.

    It finds what this one runs, wherever that lies, and not what lies in the working directory.
    """
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", module),
        stdin=PIPE,
        stdout=PIPE,
        limit=_SLICE_BYTES,
        env={**os.environ, "PYTHONPATH": path},
    )


async def send_to(child: Process, octets: bytes) -> None:
    """Write to a child's input, a slice at a time; one that has died says so by its silence."""
    assert child.stdin
    with suppress(ConnectionError):
        for at in range(0, len(octets), _SLICE_BYTES):
            child.stdin.write(octets[at : at + _SLICE_BYTES])
            await child.stdin.drain()


async def end_child(child: Process) -> None:
    """Kill a child that is still there, and wait until it is gone."""
    with suppress(ProcessLookupError):
        child.kill()
    await child.wait()

"""Finding the processes that a test's program has started, by a mark in their environment."""

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

MARK = "SP_TEST_MARK"

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="needs /proc to find processes"
)


def new_mark() -> dict[str, str]:
    """An environment variable that is inherited by whatever a program starts."""
    return {MARK: uuid.uuid4().hex}


def _environments() -> Iterator[tuple[str, bytes]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                yield folder.name, (folder / "environ").read_bytes()


def marked_processes(mark: dict[str, str]) -> list[str]:
    """The commands of the living processes that have the mark."""
    wanted = f"{MARK}={mark[MARK]}".encode()
    found = []
    for pid, environ in _environments():
        if wanted in environ:
            with contextlib.suppress(OSError):
                found.append(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "))
    return found

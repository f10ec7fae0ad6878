"""The moment for a fault: while a replica is writing a case file, or making a whole one durable.

Of files it is read from `/proc`; where there is none, the moment is any.
"""

import contextlib
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from app.captures.case_file import CLOSING

# What stands in a case file's name, with a temporary one too.
CASE = ".case.json"
# How long is waited for the moment, in seconds: all captures may be closed already.
PATIENCE = 3.0


class Moment(StrEnum):
    """When a fault comes."""

    ANY = "any"
    BEGUN = "a file is begun"
    WHOLE = "a file is whole, under its temporary name"


def _drafts(pid: int) -> Iterator[Path]:
    """The case files that a process has open for writing."""
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                is_written = entry.lstat().st_mode & stat.S_IWUSR
                if is_written and CASE in entry.readlink().name:
                    yield entry


def _is_whole(draft: Path) -> bool:
    with contextlib.suppress(OSError, ValueError), draft.open("rb") as file:
        file.seek(-len(CLOSING), 2)
        return file.read() == CLOSING
    return False


def has_come(moment: Moment, pids: Sequence[int]) -> bool:
    """Whether one of the processes is writing a file, or has written it and not yet named it."""
    drafts = (draft for pid in pids for draft in _drafts(pid))
    return any(moment is Moment.BEGUN or _is_whole(draft) for draft in drafts)


def at_its_moment(
    moment: Moment, has_come: Callable[[Moment], bool], strike: Callable[[], object]
) -> None:
    """Do something once the moment has come, or after a while. has_come: tells whether it has."""
    deadline = time.monotonic() + PATIENCE
    while moment is not Moment.ANY and time.monotonic() < deadline:
        if has_come(moment):
            break
    strike()

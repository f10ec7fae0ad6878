"""The destinations that chaos befalls: a folder, and a bucket behind a proxy that fails."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import obstore
from obstore.store import S3Store

from tests.captures import clouds
from tests.chaos.moments import Moment, has_come

PREFIX, SUFFIX = "captured-", ".case.json"
NAME = f"{PREFIX}{{sessionId}}{SUFFIX}"
# What a bucket answers to everything while it is away: no right, a fault that the sink tries to sit
# out, nothing.
REFUSALS = (403, 500, 0)


class SinkKind(StrEnum):
    """Which destination a scene has."""

    FOLDER = "folder"
    BUCKET = "bucket"


class Sink(Protocol):
    """A destination. template, environ: for the settings and the environment of a replica."""

    template: str
    environ: Mapping[str, str]

    def start(self) -> None:
        """Let it be there."""

    def stop(self) -> None:
        """End what belongs to it."""

    def fail(self, way: int) -> None:
        """Take no case files from now on. way: which of the ways to refuse them."""

    def mend(self) -> None:
        """Take them again."""

    def has_come(self, moment: Moment, pids: Sequence[int]) -> bool:
        """Whether one of the processes is writing, as far as that can be told from outside."""
        ...

    def names(self) -> Iterable[str]:
        """The names of everything that lies there, whole or not."""
        ...

    def read(self, name: str) -> bytes:
        """What lies there under a name."""
        ...


class Folder:
    """A folder, in whose place there is a file while it is away: that stops a superuser too."""

    environ: Mapping[str, str] = {}

    def __init__(self, folder: Path) -> None:
        self._cases = folder / "cases"
        self._away = folder / "cases.away"
        self.template = str(self._cases / NAME)

    def start(self) -> None:
        """Make it."""
        self._cases.mkdir()

    def stop(self) -> None:
        """It goes with all the files of a scene."""

    def fail(self, _: int) -> None:
        """Put a file in its place, in whatever way."""
        self._cases.rename(self._away)
        self._cases.touch()

    def mend(self) -> None:
        """Put it back, with what a replica wrote that found nothing in its place for a moment."""
        self._cases.unlink()
        while self._away.exists():
            with contextlib.suppress(OSError):
                self._away.rename(self._cases)
                return
            for path in self._cases.iterdir():
                is_whole = path.name.startswith(PREFIX) and path.name.endswith(SUFFIX)
                with contextlib.suppress(FileNotFoundError):
                    path.rename(self._away / path.name) if is_whole else path.unlink()
            with contextlib.suppress(OSError):
                self._cases.rmdir()

    def has_come(self, moment: Moment, pids: Sequence[int]) -> bool:
        """Whether one of the processes has such a file open."""
        return has_come(moment, pids)

    def names(self) -> Iterable[str]:
        """All files, those with a temporary name too."""
        return [path.name for path in self._cases.iterdir()]

    def read(self, name: str) -> bytes:
        """A file."""
        return (self._cases / name).read_bytes()


class Bucket:
    """A bucket of an emulator of S3."""

    template = f"s3://{clouds.BUCKET}/{NAME}"

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._cloud = clouds.s3(self._stack.enter_context(clouds.moto()))
        self.environ = self._cloud.environ

    def start(self) -> None:
        """It is there from the beginning, since its address has to be known."""

    def stop(self) -> None:
        """End the emulator."""
        self._stack.close()

    def fail(self, way: int) -> None:
        """Refuse every request."""
        self._cloud.proxy.fail(REFUSALS[way % len(REFUSALS)])

    def mend(self) -> None:
        """Pass every request on."""
        self._cloud.proxy.mend()

    def has_come(self, _: Moment, __: Sequence[int]) -> bool:
        """Whether an object has been sent whole, and its sender has no answer yet."""
        return any(ask.method == "PUT" for ask in tuple(self._cloud.proxy.under_way))

    def _store(self) -> S3Store:
        """The bucket, past the proxy."""
        own: Any = {name.lower(): value for name, value in self.environ.items()}
        own["aws_endpoint_url"] = f"http://127.0.0.1:{self._cloud.proxy.upstream}"
        return S3Store(clouds.BUCKET, config=own)

    def names(self) -> Iterable[str]:
        """All objects: the captures are too small to be uploaded in parts."""
        return [str(entry["path"]) for page in obstore.list(self._store()) for entry in page]

    def read(self, name: str) -> bytes:
        """An object."""
        return bytes(obstore.get(self._store(), name).bytes())


def sink_of(kind: SinkKind, folder: Path) -> Sink:
    """A destination that is not started yet; folder: where files of a scene may go."""
    return Bucket() if kind is SinkKind.BUCKET else Folder(folder)

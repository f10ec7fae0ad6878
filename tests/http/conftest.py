"""A replica of these tests' own, and one whose patience is short."""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.servers import Replica, Valkey


def serving(constants: str) -> tuple[str, ...]:
    """The command of a replica for which some constants, in seconds, are others."""
    imports = "import sys; from app.http import patience; from app.cli import serve"
    return (sys.executable, "-c", f"{imports}; {constants}; sys.exit(serve.serve())")


class ImpatientReplica(Replica):
    """One that waits for a client far shorter than others."""

    command = serving(
        "serve.IDLE_SECONDS = 1; patience.HEAD_SECONDS = 0.5; patience.BODY_SECONDS = 2.0"
    )


class GraciousReplica(Replica):
    """One that waits longer for what is half sent when it ends."""

    command = serving("patience.GRACE_SECONDS = 15.0")


class HastyReplica(Replica):
    """One that gives its own calls no time when it ends."""

    command = serving("serve.DRAIN_SECONDS = 0.2")


@pytest.fixture(scope="session")
def store() -> Iterator[Valkey]:
    """A store of these tests' own: nobody empties it meanwhile."""
    with Valkey() as server:
        yield server


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder for the replicas' files."""
    with TemporaryDirectory(prefix="sp-http-", ignore_cleanup_errors=True) as path:
        yield Path(path)


@pytest.fixture(scope="session")
def runtime(store: Valkey, place: Path) -> Iterator[Replica]:
    """An open replica."""
    with Replica(place, store_url=store.url) as replica:
        yield replica


@pytest.fixture(scope="session")
def impatient(store: Valkey, place: Path) -> Iterator[Replica]:
    """A replica that soon gives a client up."""
    with ImpatientReplica(place, store_url=store.url) as replica:
        yield replica

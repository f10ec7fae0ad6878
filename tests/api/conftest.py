"""One real replica a worker for the tests of both APIs, and a second one that wants tokens."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.servers import Replica, Valkey

TOKEN = "sp-test-token-4711"
METRICS_TOKEN = "sp-metrics-token-0815"


@pytest.fixture(scope="session")
def store() -> Iterator[Valkey]:
    """A store of these tests' own: nobody empties it meanwhile."""
    with Valkey() as server:
        yield server


@pytest.fixture(scope="session")
def house() -> Iterator[Path]:
    """A folder for the replicas' files."""
    with TemporaryDirectory(prefix="sp-api-", ignore_cleanup_errors=True) as path:
        yield Path(path)


@pytest.fixture(scope="session")
def runtime(store: Valkey, house: Path) -> Iterator[Replica]:
    """An open replica."""
    with Replica(house, store_url=store.url, log_level="debug") as replica:
        yield replica


@pytest.fixture(scope="session")
def guarded(store: Valkey, house: Path) -> Iterator[Replica]:
    """A replica that wants a token for its APIs and another one for its metrics."""
    tokens = {"api_token": TOKEN, "metrics_token": METRICS_TOKEN}
    with Replica(house, store_url=store.url, log_level="debug", **tokens) as replica:
        yield replica

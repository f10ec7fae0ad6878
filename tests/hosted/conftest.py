"""One store, and two replicas on it that ask for keys."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.hosted.operator import Operator
from tests.servers import Replica, Valkey, replicas


@pytest.fixture(scope="module")
def store() -> Iterator[Valkey]:
    """A store of the module's own."""
    with Valkey() as server:
        yield server


@pytest.fixture(scope="module")
def house() -> Iterator[Path]:
    """A folder for the replicas' files."""
    with TemporaryDirectory(prefix="sp-hosted-", ignore_cleanup_errors=True) as path:
        yield Path(path)


@pytest.fixture(scope="module")
def operator(store: Valkey, house: Path) -> Operator:
    """Who runs the service."""
    return Operator(house, store_url=store.url)


@pytest.fixture(scope="module")
def pair(store: Valkey, house: Path) -> Iterator[list[Replica]]:
    """Two replicas that tell all in their logs."""
    cases = str(house / "cases" / "{org}" / "{sessionId}.case.json")
    settings = {"auth": "keys", "capture_case_path": cases, "log_level": "debug"}
    with replicas(house, 2, store_url=store.url, **settings) as running:
        yield running

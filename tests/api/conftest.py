"""One real replica a worker for the tests of both APIs, and a second one that wants tokens."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.servers import Replica, Valkey

TOKEN = "sp-test-token-4711"
METRICS_TOKEN = "sp-metrics-token-0815"
# The modules whose tests are run once on each lane; `replay` and redactions are for the plain
# lane anyway.
DATA_PLANE = {
    "test_auth",
    "test_exporter",
    "test_inject",
    "test_limits",
    "test_metrics",
    "test_request_ids",
    "test_rules",
    "test_telemetry",
    "test_traces",
}


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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is said of the data plane holds on both of its lanes."""
    is_of_it = metafunc.module.__name__.rpartition(".")[2] in DATA_PLANE
    if is_of_it and {"runtime", "guarded"} & set(metafunc.fixturenames):
        metafunc.parametrize("lane", ["on", "off"], ids=["fast", "plain"], indirect=True)


@pytest.fixture(scope="session")
def lane(request: pytest.FixtureRequest) -> str:
    """Whether the replicas have the fast lane."""
    return str(getattr(request, "param", "on"))


@pytest.fixture(scope="session")
def runtime(store: Valkey, house: Path, lane: str) -> Iterator[Replica]:
    """An open replica."""
    with Replica(house, store_url=store.url, log_level="debug", fast_lane=lane) as replica:
        yield replica


@pytest.fixture(scope="session")
def guarded(store: Valkey, house: Path, lane: str) -> Iterator[Replica]:
    """A replica that wants a token for its APIs and another one for its metrics."""
    tokens = {"api_token": TOKEN, "metrics_token": METRICS_TOKEN, "fast_lane": lane}
    with Replica(house, store_url=store.url, log_level="debug", **tokens) as replica:
        yield replica

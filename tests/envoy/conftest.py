"""One Envoy, one runtime and one upstream a worker; tests keep apart by session and by path."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.envoy.envoy_process import Envoy
from tests.envoy.runtime_double import RuntimeDouble
from tests.envoy.upstream_double import UpstreamDouble, running

BODY_LIMIT = 100_000


@pytest.fixture(scope="session")
def runtime() -> Iterator[RuntimeDouble]:
    """The runtime that the tests control."""
    server = RuntimeDouble()
    with running(server):
        yield server


@pytest.fixture(scope="session")
def upstream() -> Iterator[UpstreamDouble]:
    """The app behind the inbound side, and the upstream behind the outbound side."""
    server = UpstreamDouble()
    with running(server):
        yield server


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port on which nobody listens, for as long as the test runs."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture(scope="session")
def envoy(
    runtime: RuntimeDouble, upstream: UpstreamDouble, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Envoy]:
    """Envoy as most tests want it: failing open, with a low body limit."""
    directory: Path = tmp_path_factory.mktemp("envoy")
    settings = {
        "RUNTIME": runtime.address,
        "APP": upstream.authority,
        "SERVICE": "checkout",
        "BODY_LIMIT": str(BODY_LIMIT),
    }
    with Envoy(directory, **settings) as process:
        yield process

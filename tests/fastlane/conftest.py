"""Two replicas on one store, which differ in the fast lane alone."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.servers import Replica, Valkey


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """A store of these tests' own."""
    with Valkey() as server:
        yield server


@pytest.fixture(scope="session")
def lanes(valkey: Valkey) -> Iterator[dict[str, Replica]]:
    """A replica with the fast lane, `on`, and one without, `off`."""
    with TemporaryDirectory(prefix="sp-lanes-", ignore_cleanup_errors=True) as folder:
        options = {"store_url": valkey.url, "log_level": "info"}
        fast = Replica(Path(folder), fast_lane="on", **options)
        with fast, Replica(Path(folder), fast_lane="off", **options) as plain:
            yield {"on": fast, "off": plain}

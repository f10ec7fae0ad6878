"""Stores of these tests' own, which they may stop, pause and kill."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.servers import Valkey


@pytest.fixture(scope="module")
def store() -> Iterator[Valkey]:
    """A store that only one module uses."""
    with Valkey() as server:
        yield server


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that only one module uses, with a short path."""
    with TemporaryDirectory(prefix="sp-", ignore_cleanup_errors=True) as path:
        yield Path(path)

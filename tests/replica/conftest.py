"""Stores of these tests' own, which they may stop, pause and kill."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
    path = Path(tempfile.mkdtemp(prefix="sp-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)

"""The files that a store's URL names: looked at before the first connection is made."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.store.connection import StoreSetupError, connect
from tests.topologies import Certificates


@pytest.fixture(scope="module")
def good() -> Iterator[Certificates]:
    """Files that fit each other."""
    with Certificates() as made:
        yield made


def _missing(path: Path) -> None:
    path.unlink()


def _without_content(path: Path) -> None:
    path.write_text("no PEM\n")


@pytest.mark.parametrize("name", ["ssl_ca_certs", "ssl_certfile", "ssl_keyfile"])
@pytest.mark.parametrize(
    ("spoil", "reason"), [(_missing, "No such file"), (_without_content, "it holds no ")]
)
def test_the_one_file_that_cannot_be_used_is_named(
    good: Certificates, tmp_path: Path, name: str, spoil: Callable[[Path], None], reason: str
) -> None:
    """By its parameter and its path, and no other."""
    kept = {"ssl_ca_certs": good.ca, "ssl_certfile": good.cert, "ssl_keyfile": good.key}
    files = {parameter: tmp_path / parameter for parameter in kept}
    for parameter, path in files.items():
        path.write_bytes(kept[parameter].read_bytes())
    spoil(files[name])
    query = "&".join(f"{parameter}={path}" for parameter, path in files.items())
    with pytest.raises(StoreSetupError, match=f": {name}={files[name]} cannot be used: {reason}"):
        connect(f"rediss://127.0.0.1?{query}")


def test_files_that_fit_are_taken(good: Certificates) -> None:
    """Nothing is connected to yet."""
    client = connect(f"rediss://127.0.0.1?{good.parameters}")
    assert client.connection_pool.connection_kwargs["ssl_certfile"] == str(good.cert)

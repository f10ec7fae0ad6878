"""What all tests share: stores to run against, and the check that no key is left without expiry."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import fakeredis
import pytest
from hypothesis import settings
from redis.asyncio import Redis

from app.store.connection import connect
from tests.servers import CONTAINERS, Valkey, docker_is_here

# No test asserts a time, and a busy machine may be slow.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

STORES = ["fakeredis", "valkey", *CONTAINERS]


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """A real server, one for each worker."""
    with Valkey() as server:
        yield server


@pytest.fixture(scope="session")
def containers() -> Iterator[dict[str, str]]:
    """The store URLs of the official images that were started so far, by image."""
    started: dict[str, str] = {}
    running = []
    if docker_is_here():
        from testcontainers.core.container import DockerContainer

        for image in CONTAINERS:
            container = DockerContainer(image).with_exposed_ports(6379)
            container.start()
            running.append(container)
            host, port = container.get_container_host_ip(), container.get_exposed_port(6379)
            started[image] = f"redis://{host}:{port}"
    yield started
    for container in running:
        container.stop()


@pytest.fixture(
    params=[pytest.param(s, marks=pytest.mark.docker) if ":" in s else s for s in STORES]
)
def store_kind(request: pytest.FixtureRequest) -> str:
    """Which store a test of the store's suite runs against."""
    kind: str = request.param
    if ":" in kind and not docker_is_here():
        pytest.skip("no Docker engine here: the official images run where there is one")
    return kind


@pytest.fixture
async def client(
    store_kind: str, valkey: Valkey, containers: dict[str, str]
) -> AsyncIterator[Redis]:
    """An empty store; afterwards every key in it must have an expiry."""
    if store_kind == "fakeredis":
        redis: Redis = fakeredis.FakeAsyncRedis(version=(7,))
    else:
        redis = connect(valkey.url if store_kind == "valkey" else containers[store_kind])
    await redis.flushall()
    yield redis
    await assert_every_key_expires(redis)
    await redis.aclose()


@pytest.fixture
async def real_client(valkey: Valkey) -> AsyncIterator[Redis]:
    """An empty real server; afterwards every key in it must have an expiry."""
    redis = connect(valkey.url)
    await redis.flushall()
    yield redis
    await assert_every_key_expires(redis)
    await redis.aclose()


async def assert_every_key_expires(redis: Redis) -> None:
    """Fail the test that left a key which would stay for ever."""
    async for key in redis.scan_iter(count=1000):
        assert await redis.pttl(key) != -1, f"{key!r} has no expiry"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, as unix sockets need."""
    path = Path(tempfile.mkdtemp(prefix="sp-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)

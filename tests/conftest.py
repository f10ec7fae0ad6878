"""What all tests share: stores to run against, and the check that no key is left without expiry."""

import contextlib
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import fakeredis
import pytest
from hypothesis import settings
from redis.asyncio import Redis

from app.store import connection, faults
from app.store.connection import connect
from tests.proxy import StoreProxy
from tests.servers import CONTAINERS, Valkey, docker_is_here
from tests.topologies import Certificates, Cluster, Sentinels, redis_62, user_of

# No test asserts a time, and a busy machine may be slow.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

OWN = ["valkey", "redis 6.2", "user", "tls", "sentinel", "cluster", "tls cluster"]
# How long a store may take where no test is about that, in seconds.
PATIENCE = 60.0
# What tests ask a store that the runtime does not.
LOOKED_AT = (
    "+flushall", "+dbsize", "+scan", "+script|flush",
    "+hkeys", "+get", "+del", "+dump", "+restore", "+type",
)  # fmt: skip
# Records of organisations and keys, and their lists, stay until they are removed.
KEPT = re.compile(rb"sp:orgs|sp:keys|sp:org:\{[^}]+\}(:keys)?|sp:key:\{[0-9a-f]{64}\}")
STORES = ["fakeredis", *OWN, *CONTAINERS]


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


def _tls(server: Valkey, stack: contextlib.ExitStack) -> str:
    certificates = stack.enter_context(Certificates())
    proxy = stack.enter_context(StoreProxy(server.port, context=certificates.context()))
    return f"rediss://127.0.0.1:{proxy.port}/1?{certificates.parameters}"


def _tls_cluster(stack: contextlib.ExitStack) -> str:
    """A cluster that tells the ports of the terminators before its nodes."""
    certificates = stack.enter_context(Certificates())
    cluster = stack.enter_context(Cluster(announced=True))
    for front, behind in cluster.fronts:
        stack.enter_context(StoreProxy(behind, front, certificates.context()))
    return f"rediss+cluster://127.0.0.1:{cluster.fronts[0][0]}?{certificates.parameters}"


def _start(kind: str, valkey: Valkey, stack: contextlib.ExitStack) -> str:
    """The URL of a store of a kind, which is started if it has to be."""
    if kind == "redis 6.2":
        return stack.enter_context(Valkey(binary=redis_62())).url
    starts: dict[str, Callable[[], str]] = {
        "valkey": lambda: valkey.url,
        "user": lambda: user_of(valkey, *LOOKED_AT, name="suite"),
        "tls": lambda: _tls(valkey, stack),
        "sentinel": lambda: stack.enter_context(Sentinels(down_after_ms=60_000)).url,
        "cluster": lambda: stack.enter_context(Cluster()).url,
        "tls cluster": lambda: _tls_cluster(stack),
    }
    return starts[kind]()


@pytest.fixture(scope="session")
def store_urls(valkey: Valkey) -> Iterator[Callable[[str], str]]:
    """The URL of a store by its kind; each is started once, when it is first asked for."""
    started: dict[str, str] = {}
    with contextlib.ExitStack() as stack:

        def url(kind: str) -> str:
            if kind not in started:
                started[kind] = _start(kind, valkey, stack)
            return started[kind]

        yield url


@pytest.fixture(
    params=[pytest.param(s, marks=pytest.mark.docker) if ":" in s else s for s in STORES]
)
def store_kind(request: pytest.FixtureRequest) -> str:
    """Which store a test of the store's suite runs against."""
    kind: str = request.param
    if ":" in kind and not docker_is_here():
        pytest.skip("no Docker engine here: the official images run where there is one")
    if kind == "redis 6.2" and redis_62() is None:
        pytest.skip("the package with Redis 6.2 does not exist for this machine")
    return kind


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store has all the time that a machine at its limit needs."""
    monkeypatch.setattr(faults, "CALL_SECONDS", PATIENCE)
    for name in ("CONNECT_SECONDS", "REPLY_SECONDS", "SENTINEL_SECONDS"):
        monkeypatch.setattr(connection, name, PATIENCE)


@pytest.fixture
async def client(
    unhurried: None,
    store_kind: str,
    store_urls: Callable[[str], str],
    containers: dict[str, str],
) -> AsyncIterator[Redis]:
    """An empty store; afterwards every key in it must have an expiry, but for records."""
    if store_kind == "fakeredis":
        redis: Redis = fakeredis.FakeAsyncRedis(version=(7,))
    else:
        redis = connect(containers.get(store_kind) or store_urls(store_kind))
    await redis.flushall()
    yield redis
    await assert_every_key_expires(redis)
    await redis.aclose()


@pytest.fixture
async def real_client(unhurried: None, valkey: Valkey) -> AsyncIterator[Redis]:
    """An empty real server; afterwards every key in it must have an expiry."""
    redis = connect(valkey.url)
    await redis.flushall()
    yield redis
    await assert_every_key_expires(redis)
    await redis.aclose()


async def assert_every_key_expires(redis: Redis) -> None:
    """Fail the test that left a key which would stay for ever."""
    async for key in redis.scan_iter(count=1000):
        if not KEPT.fullmatch(key):
            assert await redis.pttl(key) != -1, f"{key!r} has no expiry"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, as unix sockets need."""
    path = Path(tempfile.mkdtemp(prefix="sp-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)

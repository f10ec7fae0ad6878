"""A closer over a store, with a destination that can be made to refuse."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from redis.asyncio import Redis

from app.captures.close import Closer
from app.captures.destination import Destination
from app.store.captures import CaptureIndex
from app.store.closes import CloseStore
from app.store.sessions import SessionStore
from app.store.spans import SpanStore
from app.telemetry.metrics import Metrics
from tests.captures import clouds
from tests.captures.clouds import Cloud
from tests.captures.failing_sink import FailingSink
from tests.captures.faulty_proxy import FaultyProxy

ORG = "default"
TTL = 60_000


@dataclass
class House:
    """What a capture passes through."""

    client: Redis
    folder: Path
    sink: FailingSink = field(default_factory=FailingSink)

    def __post_init__(self) -> None:
        self.sessions = SessionStore(self.client, TTL)
        self.spans = SpanStore(self.client, TTL, max_bytes=1_000_000)
        self.captures = CaptureIndex(self.client)
        self.closes = CloseStore(self.client)
        self.metrics = Metrics()
        self.closer = Closer(
            self.closes,
            self.spans,
            self.sessions.index,
            self.captures,
            self.sink,
            Destination(str(self.folder / "{sessionId}.case.json")),
            self.metrics,
        )

    async def captured(self, count: int) -> str:
        """A capture session that holds some spans; gives its id."""
        session_id, _ = await self.sessions.create(ORG, "capture", "{}")
        await self.spans.append(ORG, session_id, [span(n) for n in range(count)])
        return session_id


def span(number: int, body: str = "") -> tuple[bytes, bytes]:
    """The identity and payload of a span that bears a number, and perhaps a body."""
    payload = TracesData()
    held = payload.resource_spans.add().scope_spans.add().spans.add()
    held.trace_id = b"\1" * 16
    held.span_id = (number + 1).to_bytes(8, "big")
    held.name = f"span {number}"
    if body:
        held.attributes.add(key="http.response.body").value.string_value = body
    return held.trace_id + held.span_id, payload.SerializeToString()


@pytest.fixture
def house(client: Redis, tmp_path: Path) -> House:
    """The house over an empty store."""
    return House(client, tmp_path)


@pytest.fixture(scope="session")
def moto() -> Iterator[FaultyProxy]:
    """The emulator of S3, one for each worker."""
    with clouds.moto() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def azurite() -> Iterator[FaultyProxy]:
    """The emulator of Azure Blob Storage, one for each worker."""
    if not clouds.AZURITE.is_file():
        pytest.skip("Azurite is not installed: `make test` does it")
    with clouds.azurite() as proxy:
        yield proxy


def cloud_of(scheme: str, request: pytest.FixtureRequest) -> Cloud:
    """A cloud with its proxy mended and its environment set for the test."""
    emulator = "azurite" if scheme == "azblob" else "moto"
    proxy: FaultyProxy = request.getfixturevalue(emulator)
    proxy.mend()
    request.addfinalizer(proxy.mend)
    cloud: Cloud = getattr(clouds, scheme)(proxy)
    environ: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    for name, value in cloud.environ.items():
        environ.setenv(name, value)
    return cloud


@pytest.fixture(params=["s3", "gs", "azblob"])
def cloud(request: pytest.FixtureRequest) -> Cloud:
    """Each cloud in turn."""
    return cloud_of(request.param, request)

"""Replicas whose captures go to a bucket: the same promises as for files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.otlp import observed, upload
from tests.api.test_envelope import assert_envelope
from tests.captures import clouds
from tests.captures.clouds import Cloud
from tests.captures.faulty_proxy import FaultyProxy
from tests.servers import Replica, Valkey


@pytest.fixture(scope="module")
def moto() -> Iterator[FaultyProxy]:
    """The emulator of S3."""
    with clouds.moto() as proxy:
        yield proxy


@pytest.fixture(params=["s3", "gs"])
def cloud(request: pytest.FixtureRequest, moto: FaultyProxy) -> Cloud:
    """Two clouds; what is the same for all is held by the sinks' own tests."""
    made: Cloud = getattr(clouds, request.param)(moto)
    return made


@pytest.fixture
def replica(cloud: Cloud, store: Valkey, folder: Path) -> Iterator[Replica]:
    """A replica that writes to the cloud."""
    template = f"{cloud.root}/{{org}}/{{sessionId}}.case.json"
    replica = Replica(folder, store_url=store.url, capture_case_path=template)
    replica.environ |= cloud.environ
    with replica as started:
        yield started


def test_a_capture_goes_to_the_bucket_and_comes_back(replica: Replica, cloud: Cloud) -> None:
    """`casePath` is the whole URL, and any replica reads it back."""
    session_id = replica.create("capture")
    upload(replica, observed(session_id))
    closed = replica.post(f"/v1/sessions/{session_id}/close")
    assert closed.status == 200, closed.body
    assert closed.json()["casePath"] == f"{cloud.root}/default/{session_id}.case.json"
    assert replica.get(f"/v1/captures/{session_id}").json()["caseId"] == session_id


def test_a_bucket_that_refuses_loses_nothing(replica: Replica, cloud: Cloud) -> None:
    """503, the session open with all its spans, no secret told; a later close has everything."""
    session_id = replica.create("capture")
    path = f"/v1/sessions/{session_id}"
    upload(replica, observed(session_id))
    cloud.proxy.fail(403)
    refused = replica.post(f"{path}/close")
    assert_envelope(refused, 503, "capture_store_unavailable")
    assert refused.headers["retry-after"]
    assert replica.get(path).json()["stats"]["extractedSpans"] == 1
    cloud.proxy.mend()
    assert replica.post(f"{path}/close").json()["traceCount"] == 1
    log = replica.log.read_text()
    assert "answered 403 Forbidden" in log
    assert clouds.SECRET not in log


def test_a_cloud_that_is_not_set_up_stops_the_start(folder: Path) -> None:
    """One line says what is missing."""
    replica = Replica(folder, capture_case_path="azblob://captures/{sessionId}.json")
    for name in [name for name in replica.environ if name.startswith("AZURE_")]:
        del replica.environ[name]
    replica.start(wait=False)
    assert replica.process
    assert replica.process.wait(20) == 2
    lines = replica.log.read_text().splitlines()
    assert len(lines) == 1, lines
    assert "SOFTPROBE_CAPTURE_CASE_PATH" in lines[0]
    assert "Account must be specified" in lines[0]

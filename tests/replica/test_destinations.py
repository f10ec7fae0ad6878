"""A destination that refuses captures loses none."""

import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.api import otlp
from tests.api.otlp import observed, upload
from tests.api.test_envelope import assert_envelope
from tests.servers import Replica, Valkey

# How much of a file fits on a disk that is full, in bytes; the replica's log is shorter.
FULL_BYTES = 512 * 1024


@pytest.fixture(scope="module")
def replica(store: Valkey, place: Path) -> Iterator[Replica]:
    """A replica that writes its captures to `cases`."""
    with Replica(place, store_url=store.url) as started:
        yield started


def _a_file_in_the_place_of_the_folder(cases: Path, _session_id: str) -> Path:
    shutil.rmtree(cases, ignore_errors=True)
    cases.write_text("")
    return cases


def _a_folder_in_the_place_of_the_file(cases: Path, session_id: str) -> Path:
    path = cases / f"captured-{session_id}.case.json"
    path.mkdir(parents=True)
    return path


@pytest.mark.parametrize(
    "obstacle", [_a_file_in_the_place_of_the_folder, _a_folder_in_the_place_of_the_file]
)
def test_a_refused_close_is_503_and_a_later_one_has_everything(
    replica: Replica, place: Path, obstacle: Callable[[Path, str], Path]
) -> None:
    """The session stays open with its spans and its revision, and takes more meanwhile."""
    session_id = replica.create("capture")
    path = f"/v1/sessions/{session_id}"
    upload(replica, observed(session_id))
    in_the_way = obstacle(place / "cases", session_id)
    for _ in range(2):
        refused = replica.post(f"{path}/close")
        assert_envelope(refused, 503, "capture_store_unavailable")
        assert refused.headers["retry-after"]
        assert str(place) not in refused.json()["message"]
    assert otlp.export_result(upload(replica, observed(session_id))) == (0, "")
    state = replica.get(path).json()
    assert (state["sessionRevision"], state["stats"]["extractedSpans"]) == (1, 2)
    assert replica.get(f"/v1/captures/{session_id}").status == 404
    in_the_way.rmdir() if in_the_way.is_dir() else in_the_way.unlink()
    closed = replica.post(f"{path}/close")
    assert (closed.status, closed.json()["traceCount"]) == (200, 2)
    assert not [entry.name for entry in (place / "cases").iterdir() if ".tmp" in entry.name]


@pytest.mark.skipif(sys.platform != "linux", reason="sets another process's limits")
def test_a_disk_that_is_full_in_the_middle_of_a_file_loses_nothing(
    replica: Replica, place: Path
) -> None:
    """A limit of the file's size stands for it; once it is lifted, the close has everything."""
    session_id = replica.create("capture")
    body = "x" * 3 * FULL_BYTES
    upload(replica, observed(session_id, {"http.response.body": body}))
    assert replica.process
    limit = partial(resource.prlimit, replica.process.pid, resource.RLIMIT_FSIZE)
    before = limit()
    limit((FULL_BYTES, before[1]))
    try:
        refused = replica.post(f"/v1/sessions/{session_id}/close")
    finally:
        limit(before)
    assert_envelope(refused, 503, "capture_store_unavailable")
    assert "(File too large)" in refused.json()["message"]
    assert not [entry for entry in (place / "cases").iterdir() if session_id in entry.name]
    closed = replica.post(f"/v1/sessions/{session_id}/close")
    assert (closed.status, closed.json()["traceCount"]) == (200, 1)
    assert body.encode() in Path(closed.json()["casePath"]).read_bytes()


def test_a_capture_whose_file_is_gone_is_not_found(replica: Replica) -> None:
    """It is still listed, but there is nothing to read."""
    session_id = replica.create("capture")
    closed = replica.post(f"/v1/sessions/{session_id}/close").json()
    Path(closed["casePath"]).unlink()
    assert_envelope(replica.get(f"/v1/captures/{session_id}"), 404, "not_found")
    listed = [entry["captureId"] for entry in replica.get("/v1/captures").json()["captures"]]
    assert session_id in listed


def test_the_path_follows_the_template(store: Valkey, folder: Path) -> None:
    """Organisation and day included; `casePath` is absolute and ready to open."""
    template = "file://" + str(folder / "{org}" / "{date}" / "{sessionId}.json")
    with Replica(folder, store_url=store.url, capture_case_path=template) as replica:
        created = replica.post("/v1/sessions", {"mode": "capture"}).json()
        session_id, day = created["sessionId"], created["createdAt"][:10]
        closed = replica.post(f"/v1/sessions/{session_id}/close").json()
        path = folder / "default" / day / f"{session_id}.json"
        assert closed["casePath"] == str(path)
        assert path.read_bytes() == replica.get(f"/v1/captures/{session_id}").body

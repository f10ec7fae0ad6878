"""Replicas that are killed: nothing that was acknowledged is lost, and a close is finished."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from app.store.keys import DUE, due_member, session_keys
from tests.api import otlp
from tests.api.otlp import ask, hit, hop, observed, upload
from tests.proxy import StoreProxy
from tests.servers import Replica, Valkey, wait_until

ORG = "default"

POLICY = {"externalHttp": "strict", "externalAllowlist": ["ok.test"]}


class Survivor:
    """A replica that was killed and started again, and what it had acknowledged before."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        self.closed = replica.create("capture")
        upload(replica, observed(self.closed))
        assert replica.post(f"/v1/sessions/{self.closed}/close").status == 200
        self.open = replica.create("capture", policy=POLICY)
        self.path = f"/v1/sessions/{self.open}"
        case = {"version": "1", "caseId": "kept", "traces": []}
        assert replica.post(f"{self.path}/load-case", case).status == 200
        assert replica.post(f"{self.path}/rules", otlp.MOCK_EVERYTHING).status == 200
        assert ask(replica, self.open, hop()).status == 200
        spans = [observed(self.open) for _ in range(40)]
        assert otlp.export_result(upload(replica, *spans)) == (0, "")
        self.before = replica.get(self.path).json()
        replica.kill()
        replica.start()


@pytest.fixture(scope="module", params=["embedded", "external"])
def survivor(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Survivor]:
    """One over each kind of store."""
    settings = {}
    if request.param == "external":
        store: Valkey = request.getfixturevalue("store")
        settings = {"store_url": store.url}
    with Replica(tmp_path_factory.mktemp("survivor"), **settings) as replica:
        yield Survivor(replica)


def test_a_killed_runtime_has_lost_nothing_when_it_starts_again(survivor: Survivor) -> None:
    """Sessions, rules, policy, case, counters and spans, whatever the store."""
    replica = survivor.replica
    assert replica.get(survivor.path).json() == survivor.before
    assert replica.get(f"{survivor.path}/rules").json() == otlp.MOCK_EVERYTHING
    assert hit(ask(replica, survivor.open, hop()))["http.response.body"] == "hi"
    assert replica.post(f"{survivor.path}/close").json()["traceCount"] == 40
    assert len(replica.get(f"/v1/captures/{survivor.open}").json()["traces"]) == 40


def test_a_close_is_remembered_over_a_crash(survivor: Survivor) -> None:
    """The second close is 409 and the capture is still listed."""
    replica = survivor.replica
    assert replica.post(f"/v1/sessions/{survivor.closed}/close").status == 409
    listed = [entry["captureId"] for entry in replica.get("/v1/captures").json()["captures"]]
    assert survivor.closed in listed


def _works_in(process: Path, folder: Path) -> bool:
    """Whether a process is a store that works in a folder."""
    try:
        is_store = b"valkey-server" in (process / "cmdline").read_bytes()
        return is_store and (process / "cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


def _servers_of(folder: Path) -> list[str]:
    """The store processes that work in a folder."""
    return [entry.name for entry in Path("/proc").iterdir() if _works_in(entry, folder)]


def _server_of(folder: Path) -> int:
    """The one of them that is no guard."""
    processes = [Path("/proc", number) for number in _servers_of(folder)]
    [found] = [entry for entry in processes if "valkey" in (entry / "exe").readlink().name]
    return int(found.name)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_embedded_store_ends_with_a_killed_runtime(folder: Path) -> None:
    """No process of it is left, and the next start is as clean as the first."""
    with Replica(folder) as replica:
        assert _servers_of(folder)
        replica.kill()
        wait_until(lambda: not _servers_of(folder), "the embedded store to end")
        replica.start()
        assert replica.create("replay")
    wait_until(lambda: not _servers_of(folder), "the embedded store to end")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_embedded_store_that_is_killed_comes_back_with_its_data(folder: Path) -> None:
    """Calls are 503 meanwhile and go on then; one log line tells of it, and the end is clean."""
    with Replica(folder) as replica:
        session_id = replica.create("replay")
        assert replica.post(f"/v1/sessions/{session_id}/rules", otlp.MOCK_EVERYTHING).status == 200
        server = _server_of(folder)
        os.kill(server, signal.SIGSTOP)
        path = f"/v1/sessions/{session_id}/rules"
        assert replica.get(path).json()["error"] == "store_unavailable"
        os.kill(server, signal.SIGKILL)
        wait_until(lambda: replica.get(path).status == 200, "the store to be back")
        assert replica.get(path).json() == otlp.MOCK_EVERYTHING
        assert hit(ask(replica, session_id, hop()))["http.response.body"] == "hi"
        assert _server_of(folder) != server
        assert replica.terminate() == 0
    log = replica.log.read_text()
    assert log.count("started again") == 1
    assert "Traceback" not in log
    assert not _servers_of(folder)


class Interrupted:
    """A capture whose close was killed half-way."""

    def __init__(self, store: Valkey, folder: Path, session_id: str) -> None:
        self.store = store
        self.folder = folder
        self.session_id = session_id

    def client(self) -> Any:
        """The store, without a proxy."""
        return redis.Redis(port=self.store.port)

    def outlive_the_lease(self) -> None:
        """Let the dead owner's time be over, and the sweeper's come."""
        with self.client() as client:
            client.hset(session_keys(ORG, self.session_id).session, "leaseUntil", "0")
            client.zadd(DUE, {due_member(ORG, self.session_id): 0})

    def state(self) -> bytes | None:
        """The session's state in the store."""
        with self.client() as client:
            found: bytes | None = client.hget(session_keys(ORG, self.session_id).session, "state")
            return found


@pytest.fixture
def interrupted(store: Valkey, folder: Path) -> Iterator[Interrupted]:
    """The store falls silent within the close, and then its replica is killed."""
    with StoreProxy(store.port) as proxy, Replica(folder, store_url=proxy.url) as replica:
        session_id = replica.create("capture")
        upload(replica, *(observed(session_id) for _ in range(100)))
        found = Interrupted(store, folder, session_id)

        def close() -> None:
            try:
                replica.post(f"/v1/sessions/{session_id}/close")
            except OSError:
                return

        proxy.delay = 0.4
        closing = threading.Thread(target=close)
        closing.start()
        wait_until(lambda: found.state() == b"closing", "the close to begin")
        assert replica.process
        replica.process.send_signal(signal.SIGKILL)
        closing.join()
        assert found.state() == b"closing"
        yield found


def test_the_next_close_finishes_an_interrupted_one(interrupted: Interrupted) -> None:
    """On any replica, with everything in the file and no temporary file beside it."""
    with Replica(interrupted.folder, store_url=interrupted.store.url) as other:
        path = f"/v1/sessions/{interrupted.session_id}"
        assert upload(other, observed(interrupted.session_id)).status == 503
        assert other.post(f"{path}/policy", {}).json()["error"] == "close_in_progress"
        interrupted.outlive_the_lease()
        closed = other.post(f"{path}/close")
        if closed.status == 409:  # the sweeper was faster
            case = other.get(f"/v1/captures/{interrupted.session_id}").json()
            assert len(case["traces"]) == 100
        else:
            assert (closed.status, closed.json()["traceCount"]) == (200, 100)
    files = [entry.name for entry in (interrupted.folder / "cases").iterdir()]
    assert files == [f"captured-{interrupted.session_id}.case.json"]


def test_the_sweeper_finishes_an_interrupted_close(interrupted: Interrupted) -> None:
    """Nobody has to ask for it."""
    settings = {"store_url": interrupted.store.url, "session_ttl": "2s"}
    with Replica(interrupted.folder, **settings) as other:
        interrupted.outlive_the_lease()
        wait_until(lambda: interrupted.state() == b"closed", "the sweeper")
        case = other.get(f"/v1/captures/{interrupted.session_id}").json()
        assert len(case["traces"]) == 100
        assert other.post(f"/v1/sessions/{interrupted.session_id}/close").status == 409

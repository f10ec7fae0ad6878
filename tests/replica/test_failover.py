"""A failover under load, and replicas on stores that are not one plain server."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.api import otlp
from tests.api.otlp import ask, hit, hop, mocked, observed, upload
from tests.servers import Replica, Valkey, wait_until
from tests.topologies import Sentinels, user_of

UPLOADERS = 4


class Load:
    """Uploads of one span each to a session, from some threads, until it is ended."""

    def __init__(self, replica: Replica, session_id: str) -> None:
        self._replica = replica
        self._session_id = session_id
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._upload) for _ in range(UPLOADERS)]
        self.statuses: list[int] = []

    def _upload(self) -> None:
        while not self._over.is_set():
            answer = upload(self._replica, observed(self._session_id))
            self.statuses.append(answer.status)

    @property
    def kept(self) -> int:
        """How many were acknowledged."""
        return self.statuses.count(200)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exit_info: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(30)


def test_a_failover_under_load_loses_nothing_that_a_replica_had(folder: Path) -> None:
    """Calls are refused with 503 for a while, then go on; the case has every span that was kept."""
    with Sentinels(replicas=2, sentinels=3, down_after_ms=1000) as store:
        settings = {"store_url": store.url, "store_ack": "replica"}
        with Replica(folder, **settings) as runtime:
            session_id = runtime.create("capture")
            with Load(runtime, session_id) as load:
                wait_until(lambda: load.kept > 50, "spans to be kept")
                assert store.primary.process
                store.primary.process.kill()
                wait_until(lambda: 503 in load.statuses, "the failover to be felt")
                before = load.kept
                wait_until(lambda: load.kept > before + 50, "spans to be kept again", 60)
            assert set(load.statuses) == {200, 503}
            assert store.sentinels[0].primary() != store.primary.port
            closed = runtime.post(f"/v1/sessions/{session_id}/close")
            assert closed.status == 200
            assert closed.json()["traceCount"] >= load.kept
            assert "Traceback" not in runtime.log.read_text()


def test_a_user_with_the_rights_of_the_rule_serves_everything(store: Valkey, folder: Path) -> None:
    """A capture and a replay, from creation to close."""
    with Replica(folder, store_url=user_of(store)) as runtime:
        capturing, answering = runtime.create("capture"), mocked(runtime)
        assert otlp.export_result(upload(runtime, observed(capturing))) == (0, "")
        assert hit(ask(runtime, answering, hop()))["http.response.body"] == "hi"
        closed = runtime.post(f"/v1/sessions/{capturing}/close")
        assert closed.json()["traceCount"] == 1
        assert len(runtime.get("/v1/captures").json()["captures"]) == 1
        assert "unavailable" not in runtime.log.read_text()


def test_two_replicas_share_a_cluster(store_urls: Callable[[str], str], folder: Path) -> None:
    """What one has acknowledged, the other sees."""
    url = store_urls("cluster")
    with Replica(folder, store_url=url) as one, Replica(folder, store_url=url) as other:
        for _ in range(10):
            session_id = one.create("capture")
            assert otlp.export_result(upload(other, observed(session_id))) == (0, "")
            assert one.post(f"/v1/sessions/{session_id}/close").json()["traceCount"] == 1
        assert one.get("/ready").status == 200


def test_a_start_with_the_wrong_password_shows_none(store: Valkey, folder: Path) -> None:
    """One line, exit status 2."""
    url = user_of(store).replace("softprobe:", "softprobe:hush")
    runtime = Replica(folder, store_url=url).start(wait=False)
    assert runtime.process
    assert runtime.process.wait(30) == 2
    [line] = runtime.log.read_text().splitlines()
    assert "refuses the user or the password" in line
    assert "hush" not in line

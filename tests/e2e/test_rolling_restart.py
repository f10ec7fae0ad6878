"""A rolling restart at noon: three replicas behind a real balancer, and no caller notices."""

import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.otlp.media import Media
from tests.api.otlp import encoded, hop, mock, observed, question
from tests.e2e.test_compose_processes import balancer
from tests.envoy.envoy_process import EnvoyProcess
from tests.servers import Replica, Response, Valkey, replicas, wait_until
from tests.unit.otlp import payloads

REPLICAS = 3
CALLERS = 4
# Longer than the balancer takes to give up a replica that is not ready.
DRAIN_DELAY = "3s"


class Front(Replica):
    """The balancer, called as a replica is."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder)
        self.port, self.base = port, f"http://127.0.0.1:{port}"


class Caller:
    """Goes through whole sessions until it is told to end.

    answers: how many it had. failures: those that were not what they should be.
    """

    def __init__(self, front: Front, ended: threading.Event) -> None:
        self._front = front
        self._ended = ended
        self.answers = 0
        self.failures: list[str] = []

    def __call__(self) -> None:
        """Call on."""
        while not self._ended.is_set():
            self._go_through_a_session()

    def _expect(self, status: int, answer: Response) -> None:
        self.answers += 1
        if answer.status != status:
            self.failures.append(f"{answer.status} for {status}: {answer.body[:200]!r}")

    def _go_through_a_session(self) -> None:
        front = self._front
        session_id = front.create("capture")
        base = f"/v1/sessions/{session_id}"
        headers = {"content-type": Media.PROTOBUF.content_type}
        self._expect(200, front.post(f"{base}/rules", {"version": 1, "rules": [mock({})]}))
        for _ in range(5):
            asked = encoded(question(session_id, hop()), Media.PROTOBUF)
            self._expect(200, front.post("/v1/inject", asked, headers=headers))
            seen = encoded(payloads.traces(observed(session_id)), Media.PROTOBUF)
            self._expect(200, front.post("/v1/traces", seen, headers=headers))
        closed = front.post(f"{base}/close")
        self._expect(200, closed)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[tuple[list[Replica], Front, EnvoyProcess]]:
    """Replicas on one store, and the balancer in front of them."""
    with ExitStack() as stack:
        store = stack.enter_context(Valkey())
        settings = {"store_url": store.url, "drain_delay": DRAIN_DELAY}
        behind = stack.enter_context(replicas(tmp_path, REPLICAS, **settings))
        folder = tmp_path / "balancer"
        folder.mkdir()
        envoy = stack.enter_context(balancer(folder, behind))
        yield behind, Front(tmp_path, envoy.ports["balancer"]), envoy


def _healthy(envoy: EnvoyProcess) -> int:
    """How many replicas the balancer sends calls to."""
    return envoy.ask("/clusters").count(b"::health_flags::healthy\n")


def test_a_rolling_restart_fails_no_call(
    fleet: tuple[list[Replica], Front, EnvoyProcess], capsys: pytest.CaptureFixture[str]
) -> None:
    """One replica after the other drains, ends with 0 and comes back, while callers call on."""
    behind, front, envoy = fleet
    wait_until(lambda: _healthy(envoy) == REPLICAS, "the balancer to know its replicas")
    ended = threading.Event()
    callers = [Caller(front, ended) for _ in range(CALLERS)]
    with ThreadPoolExecutor(CALLERS) as pool:
        runs = [pool.submit(caller) for caller in callers]
        try:
            for replica in behind:
                assert replica.process
                replica.process.send_signal(signal.SIGTERM)
                assert replica.process.wait(60) == 0
                replica.start()
                wait_until(lambda: _healthy(envoy) == REPLICAS, "the replica to be called again")
        finally:
            ended.set()
        for run in runs:
            run.result()
    answers = sum(caller.answers for caller in callers)
    with capsys.disabled():
        sys.stdout.write(f"\n{answers} answers while {REPLICAS} replicas were restarted\n")
    assert [failure for caller in callers for failure in caller.failures] == []
    assert answers > 0

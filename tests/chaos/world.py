"""The world: three replicas, their store and where their case files go, as real processes."""

import asyncio
import contextlib
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Self

from obstore.exceptions import BaseError

from app.captures.case_file import CLOSING
from tests.chaos.moments import at_its_moment
from tests.chaos.plan import REPLICAS, Fault, Step
from tests.chaos.sinks import SUFFIX, Sink
from tests.chaos.stage import Stage
from tests.chaos.stores import Store, quiet_port
from tests.servers import Replica, wait_until

# How long a replica may take to start and to drain on a very busy machine, in seconds.
PATIENCE = 180.0
# How many captures are to be closed at once, and how long they may take to gather, in seconds.
CROWD, GATHERING = 8, 4.0
SIGNALS = {
    Fault.KILL_REPLICA: signal.SIGKILL,
    Fault.DRAIN_REPLICA: signal.SIGTERM,
    Fault.PAUSE_REPLICA: signal.SIGSTOP,
    Fault.STALL_REPLICA: signal.SIGSTOP,
}


def _replica(folder: Path, settings: Mapping[str, str], environ: Mapping[str, str]) -> Replica:
    """A replica on a port that keeps free while it is down."""
    port = quiet_port()
    replica = Replica(folder, listen_addr=f"127.0.0.1:{port}", **settings)
    replica.environ |= environ
    replica.port, replica.base = port, f"http://127.0.0.1:{port}"
    return replica


def _ended(process: subprocess.Popen[bytes]) -> int:
    """The exit status of a replica that is ending, that of a killed one if it does not end."""
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _answers(replica: Replica, path: str) -> bool:
    assert replica.process
    assert replica.process.poll() is None, replica.log.read_text()[-2000:]
    with contextlib.suppress(OSError):
        return replica.get(path, timeout=2).status == 200
    return False


async def _answering(replica: Replica, path: str) -> None:
    """Wait until a replica answers a path with 200."""
    asked = partial(_answers, replica, path)
    try:
        await asyncio.to_thread(wait_until, asked, f"{path} to be 200", PATIENCE)
    except AssertionError as late:
        raise AssertionError(f"{late}; its log: {replica.log.read_text()[-2000:]}") from late


async def _start(replica: Replica) -> None:
    replica.start(wait=False)
    await _answering(replica, "/health")


class World:
    """Everything that faults can befall.

    folder: where files go. life: a session's, after its last use, in seconds.
    store, sink: not started yet.
    faults: how many of each kind there have been.
    drains: the exit status of each replica that was asked to end.
    halves: the names of files that were there before they were whole.
    """

    def __init__(self, folder: Path, life: float, store: Store, sink: Sink) -> None:
        self.store = store
        self.sink = sink
        settings = {
            "store_url": store.url,
            "store_ack": store.ack,
            "capture_case_path": sink.template,
            "session_ttl": f"{life}s",
            "log_level": "warning",
        }
        self.replicas = [_replica(folder, settings, sink.environ) for _ in range(REPLICAS)]
        self.faults: Counter[Fault] = Counter()
        self.drains: list[int] = []
        self.halves: list[str] = []
        self._seen: set[str] = set()
        self._held = [asyncio.Lock() for _ in range(REPLICAS)]
        self._store_held = asyncio.Lock()
        self._sink_held = asyncio.Lock()

    async def __aenter__(self) -> Self:
        try:
            self.sink.start()
            await asyncio.to_thread(self.store.start)
            await asyncio.gather(*map(_start, self.replicas))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *exit_info: object) -> None:
        for replica in self.replicas:
            if replica.process and replica.process.poll() is None:
                replica.kill()
        await asyncio.to_thread(self.store.stop)
        self.sink.stop()

    def _free(self, wanted: int) -> int:
        """The wanted replica, or another one where it has a fault already."""
        order = [(wanted + step) % REPLICAS for step in range(REPLICAS)]
        return next((n for n in order if not self._held[n].locked()), wanted)

    async def befall(self, step: Step, stage: Stage) -> None:
        """Let a fault begin, last and be healed."""
        await asyncio.sleep(step.after)
        self.faults[step.fault] += 1
        if step.fault in (Fault.KILL_STORE, Fault.FAIL_OVER, Fault.PAUSE_STORE):
            async with self._store_held:
                await self._hurt_store(step, stage)
        elif step.fault is Fault.SINK_AWAY:
            async with self._sink_held:
                await self._take_sink(step, stage)
        else:
            number = self._free(step.target)
            async with self._held[number]:
                await self._hurt_replica(step, stage, number)

    async def _strike(
        self, step: Step, stage: Stage, strike: Callable[[], object], target: int | None = None
    ) -> None:
        """Let a fault begin, perhaps while many captures are being closed."""
        if step.rush:
            await stage.rush(target, CROWD, GATHERING)
        hit = self.replicas if target is None else [self.replicas[target]]
        pids = [replica.process.pid for replica in hit if replica.process]
        await asyncio.to_thread(
            at_its_moment, step.moment, lambda moment: self.sink.has_come(moment, pids), strike
        )
        await asyncio.to_thread(self._look_for_halves)

    def _look_for_halves(self) -> None:
        """Read what has come since the last time, just after what may have cut it off."""
        # The destination may be away, or go away meanwhile.
        with contextlib.suppress(OSError, BaseError):
            for name in {*self.sink.names()} - self._seen:
                if not name.endswith(SUFFIX):
                    continue
                if not self.sink.read(name).endswith(CLOSING):
                    self.halves.append(name)
                self._seen.add(name)

    async def _hurt_store(self, step: Step, stage: Stage) -> None:
        paused = step.fault is Fault.PAUSE_STORE
        fault = self.store.paused() if paused else self.store.killed()
        await self._strike(step, stage, fault.__enter__)
        await asyncio.sleep(step.lasts)
        await asyncio.to_thread(fault.__exit__, None, None, None)

    async def _hurt_replica(self, step: Step, stage: Stage, number: int) -> None:
        replica = self.replicas[number]
        assert replica.process
        signalled = partial(replica.process.send_signal, SIGNALS[step.fault])
        await self._strike(step, stage, signalled, number)
        if step.fault in (Fault.PAUSE_REPLICA, Fault.STALL_REPLICA):
            await asyncio.sleep(step.lasts)
            replica.process.send_signal(signal.SIGCONT)
            return
        status = await asyncio.to_thread(_ended, replica.process)
        if step.fault is Fault.DRAIN_REPLICA:
            self.drains.append(status)
        else:
            await asyncio.sleep(step.lasts)
        await _start(replica)

    async def _take_sink(self, step: Step, stage: Stage) -> None:
        await self._strike(step, stage, partial(self.sink.fail, step.target))
        await asyncio.sleep(step.lasts)
        self.sink.mend()

    async def heal(self) -> None:
        """Wait until every replica answers; every fault has been healed by itself."""
        await asyncio.gather(*(_answering(replica, "/ready") for replica in self.replicas))

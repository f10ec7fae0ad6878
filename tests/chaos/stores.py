"""The stores that chaos befalls: one server, and a primary with a replica under Sentinel."""

import contextlib
import random
import signal
import socket
from collections.abc import Iterator
from enum import StrEnum
from typing import Protocol

from tests.servers import Valkey, wait_until
from tests.topologies import Sentinels

# How long Sentinel may take to name another primary on a busy machine, in seconds.
FAILOVER_SECONDS = 60.0
QUIET_PORTS = (12_000, 32_000)


class StoreKind(StrEnum):
    """Which store a scene has."""

    SINGLE = "single"
    SENTINEL = "sentinel"


class Store(Protocol):
    """A store. url, ack: for the settings of a replica."""

    url: str
    ack: str

    def start(self) -> None:
        """Start it and wait until it answers."""

    def stop(self) -> None:
        """End all of its processes."""

    def killed(self) -> contextlib.AbstractContextManager[None]:
        """Kill the server that writes go to; at the end all servers run again."""
        ...

    def paused(self) -> contextlib.AbstractContextManager[None]:
        """Hold up the server that writes go to."""
        ...


def quiet_port() -> int:
    """A free port below those that clients get, one of which might take it while it is unused."""
    while True:
        port = random.randrange(*QUIET_PORTS)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def _kill(server: Valkey) -> None:
    assert server.process
    server.process.kill()
    server.process.wait()


@contextlib.contextmanager
def _paused(server: Valkey) -> Iterator[None]:
    server.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.signal(signal.SIGCONT)


class SingleStore:
    """One server, which syncs its file before each answer: what is acknowledged is durable."""

    ack = "memory"

    def __init__(self) -> None:
        self._server = Valkey(quiet_port(), appendfsync="always")
        self.url = self._server.url

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._server.start()

    def stop(self) -> None:
        """End it."""
        self._server.__exit__()

    @contextlib.contextmanager
    def killed(self) -> Iterator[None]:
        """Kill it; at the end it runs again."""
        _kill(self._server)
        try:
            yield
        finally:
            self._server.start()

    def paused(self) -> contextlib.AbstractContextManager[None]:
        """Hold it up."""
        return _paused(self._server)


class SentinelStore:
    """A primary and a replica, which takes over; a write is acknowledged once it has it.

    Of two, Sentinel may choose the one that does not: it goes by what it last heard of each.
    """

    ack = "replica"

    def __init__(self) -> None:
        self._all = Sentinels()
        self.url = self._all.url

    def start(self) -> None:
        """Start all and wait until they know each other."""
        self._all.__enter__()

    def stop(self) -> None:
        """End all."""
        self._all.__exit__()

    def _primary(self) -> Valkey:
        port = self._all.sentinels[0].primary()
        servers = [self._all.primary, *self._all.replicas]
        return next(server for server in servers if server.port == port)

    @contextlib.contextmanager
    def killed(self) -> Iterator[None]:
        """Kill the primary and wait for the next one, which it then follows."""
        old = self._primary()
        _kill(old)
        yield
        wait_until(lambda: self._primary() is not old, "a failover", FAILOVER_SECONDS)
        old.options["replicaof"] = f"127.0.0.1 {self._primary().port}"
        old.start()

    def paused(self) -> contextlib.AbstractContextManager[None]:
        """Hold the primary up."""
        return _paused(self._primary())


def store_of(kind: StoreKind) -> Store:
    """A store that is not started yet."""
    return SentinelStore() if kind is StoreKind.SENTINEL else SingleStore()

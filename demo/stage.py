"""The stage: a runtime, an upstream, an app, and Envoy around the app, on ports that are free."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from demo.processes import Process, Processes, StageError, accepts, free_ports, wait_for
from demo.screen import Screen

ROOT = Path(__file__).parents[1]
CASES = "cases/captured-{sessionId}.case.json"


def _program(name: str) -> str:
    """A program of the environment that the demo runs in, or of the PATH."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        raise StageError(f"there is no `{name}` here; run `make setup` first")
    return found


class Stage:
    """What runs where. folder: for logs and data, which are deleted afterwards."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        self.folder = folder
        self.processes = processes
        self.runtime, self.upstream, self.app, self.inbound, self.outbound = free_ports(5)
        self.upstream_process: Process | None = None

    def raise_curtain(self, screen: Screen) -> None:
        """Start everything, in the order in which it is needed."""
        self._start_runtime()
        screen.line("runtime", f"http://127.0.0.1:{self.runtime}, with the embedded store")
        self._start_services()
        screen.line("upstream", f"http://127.0.0.1:{self.upstream}, whose answers are random")
        screen.line("app", f"http://127.0.0.1:{self.app}, which calls the upstream")
        self._start_envoy()
        screen.line("Envoy, in front of the app", f"http://127.0.0.1:{self.inbound}")
        screen.line("Envoy, behind the app", f"http://127.0.0.1:{self.outbound}")

    def _start_runtime(self) -> None:
        settings = {name: "" for name in os.environ if name.startswith("SOFTPROBE_")}
        settings["SOFTPROBE_LISTEN_ADDR"] = f"127.0.0.1:{self.runtime}"
        settings["SOFTPROBE_DATA_DIR"] = str(self.folder / "data")
        settings["SOFTPROBE_CAPTURE_CASE_PATH"] = CASES
        command = [_program("softprobe-runtime"), "serve"]
        self.processes.start("runtime", command, self.runtime, **settings)

    def _start_services(self) -> None:
        python = [sys.executable, "-m"]
        path = {"PYTHONPATH": str(ROOT)}
        upstream = [*python, "demo.upstream", f"127.0.0.1:{self.upstream}"]
        self.upstream_process = self.processes.start("upstream", upstream, self.upstream, **path)
        app = [*python, "demo.sample_app", f"127.0.0.1:{self.app}"]
        proxy = {"http_proxy": f"http://127.0.0.1:{self.outbound}", "no_proxy": "", "NO_PROXY": ""}
        command = [*app, f"http://127.0.0.1:{self.upstream}"]
        self.processes.start("app", command, self.app, **path, **proxy)

    def _envoy_config(self) -> Path:
        settings = {
            "RUNTIME": f"127.0.0.1:{self.runtime}",
            "APP": f"127.0.0.1:{self.app}",
            "INBOUND": f"127.0.0.1:{self.inbound}",
            "OUTBOUND": f"127.0.0.1:{self.outbound}",
            "SERVICE": "shop",
            "ON_FAILURE": "closed",
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith("SOFTPROBE_")}
        environ = kept | {f"SOFTPROBE_PROXY_{name}": value for name, value in settings.items()}
        command = [sys.executable, str(ROOT / "deploy/envoy/render.py")]
        config = self.folder / "envoy.yaml"
        with config.open("wb") as output:
            subprocess.run(command, env=environ, stdout=output, check=True)
        return config

    def _start_envoy(self) -> None:
        options = ["--disable-hot-restart", "--concurrency", "2", "--log-level", "warning"]
        command = [_program("envoy"), "-c", str(self._envoy_config()), *options]
        self.processes.start("envoy", command, self.inbound)
        wait_for(lambda: accepts(self.outbound), "Envoy's outbound side")

    def end_upstream(self) -> None:
        """End the upstream, and see to it that nobody listens there any more."""
        assert self.upstream_process
        self.processes.end(self.upstream_process)
        wait_for(lambda: not accepts(self.upstream), "the upstream's port to be closed")

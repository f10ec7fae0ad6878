"""The processes of `docker-compose.yml`, wired as it says, without containers."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.calls import Call, Reply, send
from demo.story import REPLAY_RULES
from tests.e2e.compose_file import ROOT, services
from tests.envoy.envoy_process import ANY_PORT, Envoy, EnvoyProcess
from tests.servers import Replica, Valkey, free_port, replicas, wait_until

TOKEN = "sp_secret"
HEADERS = {"authorization": f"Bearer {TOKEN}"}
PREFIX = "SOFTPROBE_PROXY_"
PRODUCTS = Call("a list", "GET", "/products")
# What Envoy answers where no upstream does.
UNREACHABLE = 503


def balancer(folder: Path, behind: list[Replica]) -> EnvoyProcess:
    """The balancer's own configuration, with the addresses of these replicas."""
    config = yaml.safe_load((ROOT / "deploy/docker/balancer.yaml").read_text("utf-8"))
    resources = config["static_resources"]
    here = {"address": "127.0.0.1", "port_value": 0}
    resources["listeners"][0]["address"] = {"socket_address": here}
    (cluster,) = resources["clusters"]
    cluster["load_assignment"]["endpoints"][0]["lb_endpoints"] = [
        {"endpoint": {"address": {"socket_address": here | {"port_value": replica.port}}}}
        for replica in behind
    ]
    config["admin"] = {"address": {"socket_address": here}}
    return EnvoyProcess(folder, json.dumps(config))


@contextmanager
def service(name: str, addresses: dict[str, str]) -> Iterator[None]:
    """A service's own command and environment, with other addresses."""
    settings = services()[name]
    words = [settings["command"], list(settings.get("environment", {}).values())]
    command, values = [[replaced(word, addresses) for word in part] for part in words]
    environ = dict(zip(settings.get("environment", {}), values, strict=True))
    assert command[0] == "python"
    kept = os.environ | {"PYTHONPATH": str(ROOT), "no_proxy": "", "NO_PROXY": ""}
    with subprocess.Popen([sys.executable, *command[1:]], env=kept | environ) as process:
        try:
            yield
        finally:
            process.terminate()


def replaced(text: str, addresses: dict[str, str]) -> str:
    """The text with the addresses of containers replaced."""
    for old, new in addresses.items():
        text = text.replace(old, new)
    return text


def proxy(folder: Path, addresses: dict[str, str]) -> Envoy:
    """The proxy that `proxy-config` renders, with other addresses."""
    settings = services()["proxy-config"]["environment"]
    chosen = {
        name.removeprefix(PREFIX): replaced(value, addresses) for name, value in settings.items()
    }
    return Envoy(folder, **chosen)


class Town:
    """Everything that runs."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.stack = stack
        self.folder = folder
        self.app = free_port()
        upstream, app, outbound = (
            f"127.0.0.1:{port}" for port in (free_port(), self.app, free_port())
        )
        valkey = stack.enter_context(Valkey())
        settings = {"store_url": valkey.url, "api_token": TOKEN}
        self.replicas = stack.enter_context(replicas(folder, 2, **settings))
        self.balancer = stack.enter_context(balancer(self.subfolder("balancer"), self.replicas))
        addresses = {
            "0.0.0.0:4000": upstream,
            "upstream:4000": upstream,
            "0.0.0.0:3000": app,
            "app:3000": app,
            "0.0.0.0:15006": ANY_PORT,
            "0.0.0.0:15001": outbound,
            "proxy:15001": outbound,
            "softprobe-runtime:8080": f"127.0.0.1:{self.runtime}",
            "${SOFTPROBE_API_TOKEN:-}": TOKEN,
        }
        self.upstream = stack.enter_context(ExitStack())
        self.upstream.enter_context(service("upstream", addresses))
        stack.enter_context(service("app", addresses))
        self.proxy = stack.enter_context(proxy(self.subfolder("proxy"), addresses))
        wait_until(self.works, "the app to answer through the proxy")

    @property
    def runtime(self) -> int:
        """The balancer's port."""
        return self.balancer.ports["balancer"]

    def subfolder(self, name: str) -> Path:
        """A folder of its own for a process."""
        path = self.folder / name
        path.mkdir()
        return path

    def works(self) -> bool:
        """Whether a call without a session gets through to the upstream."""
        return send(self.proxy.inbound, PRODUCTS).status == 200

    def api(self, method: str, path: str, content: object = None) -> Any:
        """A call to the runtime, through the balancer."""
        reply = send(self.runtime, Call(path, method, path, content), HEADERS)
        assert reply.status in {200, 201}, reply
        return json.loads(reply.body)

    def visit(self, session: str) -> Reply:
        """A call to the app in a session."""
        return send(self.proxy.inbound, PRODUCTS, {"x-softprobe-session-id": session})

    def captured(self, session: str, hops: int) -> Path:
        """Close a capture session, once it has so many hops."""
        stats = f"/v1/sessions/{session}/stats"
        wait_until(
            lambda: self.api("GET", stats)["stats"]["extractedSpans"] == hops, f"{hops} hops"
        )
        return Path(self.api("POST", f"/v1/sessions/{session}/close", {})["casePath"])


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """All processes, started once."""
    with ExitStack() as stack:
        yield Town(stack, tmp_path_factory.mktemp("compose"))


def test_a_capture_over_two_replicas_replays_with_the_upstream_and_a_replica_gone(
    town: Town,
) -> None:
    """Balancer, replicas, Valkey, proxy, app and upstream work together as the file wires them."""
    session = town.api("POST", "/v1/sessions", {"mode": "capture"})["sessionId"]
    before = [town.visit(session) for _ in range(4)]
    case = json.loads(town.captured(session, 8).read_bytes())
    for replica in town.replicas:
        assert '"/v1/traces"' in replica.log.read_text()
    town.upstream.close()
    town.replicas[0].kill()
    replay = town.api("POST", "/v1/sessions", {"mode": "replay"})["sessionId"]
    town.api("POST", f"/v1/sessions/{replay}/load-case", case)
    town.api("POST", f"/v1/sessions/{replay}/rules", REPLAY_RULES)
    town.api("POST", f"/v1/sessions/{replay}/policy", {"externalHttp": "strict"})
    after = [town.visit(replay) for _ in range(4)]
    assert {reply.status for reply in before} == {200}
    # Uploads over two replicas may overtake each other, and their order is that of the answers.
    in_turn = [sorted(replies, key=lambda reply: reply.body) for replies in (before, after)]
    pairs = zip(*in_turn, strict=True)
    assert [recorded.differences(replayed) for recorded, replayed in pairs] == [[]] * 4
    assert town.visit("sess_none").status == UNREACHABLE


def test_the_runtime_behind_the_balancer_wants_its_token(town: Town) -> None:
    """Its health needs none."""
    call = Call("sessions", "GET", "/v1/sessions")
    assert send(town.runtime, call).status == 401
    assert send(town.runtime, call, HEADERS).status == 200
    assert send(town.runtime, Call("health", "GET", "/health")).status == 200


@pytest.mark.parametrize("name", ["softprobe-runtime", "replica", "app", "proxy"])
def test_a_services_health_check_passes_where_it_is_well_and_else_fails(
    town: Town, name: str
) -> None:
    """The very command of the file, on the port that it has here, and on one that nobody has."""
    ports = {
        "softprobe-runtime": ("8080", town.runtime),
        "replica": ("8080", town.replicas[1].port),
        "app": ("3000", town.app),
        "proxy": ("15006", town.proxy.inbound),
    }
    known, here = ports[name]
    assert check_health(name, known, here) == 0
    assert check_health(name, known, free_port()) != 0


def check_health(name: str, known: str, port: int) -> int:
    """Run a service's health check on another port; gives its exit status."""
    kind, program, *words = services()[name]["healthcheck"]["test"]
    assert kind == "CMD"
    command = {"python": sys.executable}.get(program, program)
    check = [command, *(replaced(word, {known: str(port)}) for word in words)]
    return subprocess.run(check, capture_output=True, check=False).returncode

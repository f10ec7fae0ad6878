"""Replicas come and go without anybody noticing."""

import pytest

from app.cli.serve import DRAIN_SECONDS
from app.settings import Settings
from tests.helm.chart import Manifest, Values, load, render, runtime
from tests.helm.combinations import COMBINATIONS, SHARED, external

# What a pod has beside its drain, to end its process.
SLACK_SECONDS = 5


def deployment(values: Values) -> Manifest:
    """The runtime's Deployment."""
    (found,) = render(values).of_kind("Deployment")
    return found


def checksums(values: Values) -> dict[str, str]:
    """The annotations that a change of configuration changes."""
    annotations = deployment(values)["spec"]["template"]["metadata"]["annotations"]
    return {name: value for name, value in annotations.items() if name.startswith("checksum/")}


@pytest.mark.parametrize("name", COMBINATIONS)
def test_the_grace_period_covers_the_whole_end(name: str) -> None:
    """The pause, the delay, and the time that the runtime gives running calls."""
    values = load("softprobe-runtime").merge_values(COMBINATIONS[name])
    pause, delay = values["drain"]["preStopSeconds"], values["drain"]["delaySeconds"]
    spec = deployment(COMBINATIONS[name])["spec"]["template"]["spec"]
    grace = spec["terminationGracePeriodSeconds"]
    assert grace == pause + delay + DRAIN_SECONDS + SLACK_SECONDS


def test_a_pod_waits_until_everybody_has_heard_of_its_end() -> None:
    """By a command that the image has; without a pause there is no hook."""
    hook = runtime(render({}))["lifecycle"]["preStop"]
    assert hook == {"exec": {"command": ["sleep", "5"]}}
    assert "lifecycle" not in runtime(render(COMBINATIONS["no-pause"]))


def test_several_replicas_are_replaced_one_by_one() -> None:
    """A new one is ready before an old one goes; a volume for one pod forbids that."""
    rolling = deployment({"replicas": 2, **SHARED})["spec"]["strategy"]
    assert rolling["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert deployment({})["spec"]["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {"sessionTtl": "1h"}},
        {"drain": {"delaySeconds": 3}},
        {"auth": {"token": {"value": "one"}}},
        {"valkey": {"password": {"value": "one"}}},
        {"metrics": {"token": {"value": "one"}}},
        {"captures": {"kind": "s3", "bucket": "b", "s3": {"region": "here"}}},
    ],
    ids=str,
)
def test_a_change_of_configuration_rolls_the_pods(change: Values) -> None:
    """Their template changes with what they read at their start."""
    assert checksums(change) != checksums({})


def test_a_new_token_rolls_the_pods() -> None:
    """Though its place stays the same."""
    one, two = ({"auth": {"token": {"value": word}}} for word in ("one", "two"))
    assert checksums(one) != checksums(two)


def test_what_does_not_concern_the_pods_leaves_them_alone() -> None:
    """An Ingress, a monitor and the like."""
    beside: Values = {
        "ingress": {"enabled": True, "hosts": ["a.example.com"]},
        "metrics": {"serviceMonitor": {"enabled": True}},
        "networkPolicy": {"enabled": False},
    }
    assert deployment(beside) == deployment({})
    template = deployment({})["spec"]["template"]
    assert "helm.sh/chart" not in template["metadata"]["labels"]
    assert checksums({"commonLabels": {"team": "quality"}}) == checksums({})


def test_an_autoscaler_is_not_fought_by_the_deployment() -> None:
    """It alone says how many, by the cores that a replica uses."""
    rendered = render(COMBINATIONS["cluster-s3"])
    assert "replicas" not in deployment(COMBINATIONS["cluster-s3"])["spec"]
    (scaler,) = rendered.of_kind("HorizontalPodAutoscaler")
    (metric,) = scaler["spec"]["metrics"]
    assert metric["containerResource"]["target"]["averageValue"] == "700m"
    assert scaler["spec"]["minReplicas"] == 3


def test_a_budget_is_made_only_where_two_can_run() -> None:
    """With one replica it would keep a node from being emptied for ever."""
    assert render({}).of_kind("PodDisruptionBudget") == []
    (budget,) = render({"replicas": 2, **SHARED}).of_kind("PodDisruptionBudget")
    assert budget["spec"]["maxUnavailable"] == 1


def test_the_probes_ask_what_they_should() -> None:
    """A store that is away makes a replica unready, and restarts none."""
    probes = runtime(render({}))
    paths = {name: probes[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness")}
    assert paths == {"startup": "/health", "liveness": "/health"}
    assert probes["readinessProbe"]["httpGet"]["path"] == "/ready"


def test_no_service_shows_up_as_a_setting() -> None:
    """Kubernetes would make variables such as SOFTPROBE_RUNTIME_PORT of our own Service."""
    spec = deployment(external(nodes=["a:1"]))["spec"]["template"]["spec"]
    assert spec["enableServiceLinks"] is False
    assert "runtime_port" not in Settings.model_fields

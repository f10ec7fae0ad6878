"""What the chart makes is what Kubernetes takes, in every combination of values."""

import json

import helm_python
import pytest

from tests.helm.chart import CHARTS, RUNTIME, Manifest, load, render
from tests.helm.combinations import COMBINATIONS
from tests.helm.kubernetes import VERSIONS, flaws

# Helm's severities: 1 informs, 2 warns, 3 refuses.
WARNING = 2
LONGEST_NAME, LONGEST_LABEL = 52, 63
KINDS = ("StatefulSet", "Service")


def distinct_manifests() -> list[Manifest]:
    """Every manifest of every combination, once."""
    made = [m for values in COMBINATIONS.values() for m in render(values).manifests]
    return [json.loads(text) for text in sorted({json.dumps(m, sort_keys=True) for m in made})]


def test_there_are_enough_combinations() -> None:
    """At least 25, of which the chart itself shows the main ones."""
    assert len(COMBINATIONS) >= 25
    assert len(VERSIONS) == 5


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_of_kubernetes_takes_every_manifest(version: str) -> None:
    """By its own schema, which knows every field and allows no other."""
    found = {flaw for manifest in distinct_manifests() for flaw in flaws(manifest, version)}
    assert found == set()


def test_a_misspelt_field_is_a_flaw() -> None:
    """So that the test before would fail if it should."""
    (deployment,) = render({}).of_kind("Deployment")
    wrong = deployment | {"spec": deployment["spec"] | {"replica": 2}}
    assert len(list(flaws(wrong, VERSIONS[0]))) == 1


@pytest.mark.parametrize("name", COMBINATIONS)
def test_helm_has_nothing_to_complain_about(name: str) -> None:
    """`helm lint --strict`."""
    report = helm_python.lint(CHARTS / RUNTIME, COMBINATIONS[name], strict=True)
    assert [m for m in report["messages"] if m["severity"] >= WARNING] == []


@pytest.mark.parametrize("name", COMBINATIONS)
def test_names_are_unique_and_references_lead_somewhere(name: str) -> None:
    """One object a kind and name; what the pods ask of ours is there."""
    rendered = render(COMBINATIONS[name])
    names = [(m["kind"], m["metadata"]["name"]) for m in rendered.manifests]
    assert len(names) == len(set(names))
    (deployment,) = rendered.of_kind("Deployment")
    spec = deployment["spec"]["template"]["spec"]
    ours = {claim["metadata"]["name"] for claim in rendered.of_kind("PersistentVolumeClaim")}
    claims = [
        v["persistentVolumeClaim"]["claimName"]
        for v in spec["volumes"]
        if "persistentVolumeClaim" in v
    ]
    assert set(claims) - ours <= {"shared-cases"}
    volumes = {volume["name"] for volume in spec["volumes"]}
    assert {m["name"] for c in spec["containers"] for m in c.get("volumeMounts", [])} <= volumes


@pytest.mark.parametrize("name", COMBINATIONS)
def test_every_selector_finds_its_pods_and_no_others(name: str) -> None:
    """The Service, the budget and the policies mean the runtime's pods, not the store's."""
    rendered = render(COMBINATIONS[name])
    (deployment,) = rendered.of_kind("Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    own = deployment["metadata"]["name"]
    service = rendered.named("Service", own)["spec"]["selector"]
    assert service == deployment["spec"]["selector"]["matchLabels"]
    assert service.items() <= labels.items()
    for budget in rendered.of_kind("PodDisruptionBudget"):
        assert budget["spec"]["selector"]["matchLabels"] == service
    for store in rendered.of_kind("StatefulSet"):
        assert not service.items() <= store["spec"]["template"]["metadata"]["labels"].items()


def test_the_longest_release_name_fits() -> None:
    """A StatefulSet's name and its pods' hash have to fit a label together, of 63 characters."""
    rendered = render({}, release="r" * 53)
    names = {kind: [m["metadata"]["name"] for m in rendered.of_kind(kind)] for kind in KINDS}
    assert max(map(len, names["StatefulSet"])) <= LONGEST_NAME
    assert max(map(len, names["Service"])) <= LONGEST_LABEL


def test_the_same_values_make_the_same_manifests() -> None:
    """Nothing is drawn by lot, so that an upgrade without a change restarts nothing."""
    again = load(RUNTIME).render({}, name="demo", namespace="prod")
    assert again == load(RUNTIME).render({}, name="demo", namespace="prod")

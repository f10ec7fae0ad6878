"""The charts, rendered as `helm install` would, without a cluster."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import helm_python
import yaml

from tests.e2e.compose_file import ROOT

Manifest = dict[str, Any]
Values = dict[str, Any]

CHARTS = ROOT / "deploy/helm"
RUNTIME = "softprobe-runtime"
RELEASE, NAMESPACE = "demo", "prod"
NOTES = "NOTES.txt"


class Rendered(NamedTuple):
    """What a chart made of its values."""

    manifests: list[Manifest]
    notes: str

    def of_kind(self, kind: str) -> list[Manifest]:
        """The manifests of a kind."""
        return [manifest for manifest in self.manifests if manifest["kind"] == kind]

    def named(self, kind: str, name: str) -> Manifest:
        """The one manifest of a kind and a name."""
        (found,) = [m for m in self.of_kind(kind) if m["metadata"]["name"] == name]
        return found


@cache
def load(chart: str) -> helm_python.Chart:
    """A chart, read once."""
    return helm_python.Chart.load(CHARTS / chart)


def _manifests(files: dict[str, str]) -> Iterator[Manifest]:
    for name, text in files.items():
        if not name.endswith(NOTES):
            yield from (manifest for manifest in yaml.safe_load_all(text) if manifest)


@cache
def _rendered(values: str, chart: str, release: str) -> Rendered:
    files = load(chart).render(json.loads(values), name=release, namespace=NAMESPACE)
    notes = files.get(f"{chart}/templates/{NOTES}", "")
    return Rendered(list(_manifests(files)), notes)


def render(values: Values, chart: str = RUNTIME, release: str = RELEASE) -> Rendered:
    """What a chart makes of values; equal ones are rendered once."""
    return _rendered(json.dumps(values, sort_keys=True), chart, release)


def pods(rendered: Rendered) -> list[tuple[str, Manifest]]:
    """Every pod that would run, by the name of what makes it, as the pod's metadata and spec."""
    makers = [m for kind in ("Deployment", "StatefulSet") for m in rendered.of_kind(kind)]
    made = [(m["metadata"]["name"], m["spec"]["template"]) for m in makers]
    return made + [(pod["metadata"]["name"], pod) for pod in rendered.of_kind("Pod")]


def containers(pod: Manifest) -> list[Manifest]:
    """All containers of a pod, those that run first too."""
    found: list[Manifest] = pod["spec"].get("initContainers", []) + pod["spec"]["containers"]
    return found


def runtime(rendered: Rendered) -> Manifest:
    """The runtime's container."""
    (deployment,) = rendered.of_kind("Deployment")
    return next(c for c in containers(deployment["spec"]["template"]) if c["name"] == "runtime")

"""What docs/kubernetes.md shows works: its values, its names, its commands."""

import re

import pytest
import yaml

from tests.helm.chart import CHARTS, NAMESPACE, load, render
from tests.helm.kubernetes import VERSIONS, flaws
from tests.house.pages import blocks, read

PAGE = "docs/kubernetes.md"
VALUES = blocks(PAGE, "yaml")
COMMANDS = "".join(blocks(PAGE, "bash"))


@pytest.mark.parametrize("block", VALUES, ids=lambda block: block.splitlines()[0][2:])
def test_a_block_of_values_is_taken(block: str) -> None:
    """By the chart that its first line names, and what comes of it by Kubernetes."""
    chart = block.splitlines()[0].split()[1].strip(":")
    values = yaml.safe_load(block)
    load(chart).validate_schema(values)
    made = render(values, chart).manifests
    assert [flaw for manifest in made for flaw in flaws(manifest, VERSIONS[-1])] == []


def test_the_page_shows_both_charts_in_every_way() -> None:
    """Each chart, and each kind of captures."""
    assert {block.split()[1].strip(":") for block in VALUES} == {
        "softprobe-runtime",
        "softprobe-envoy",
    }
    assert set(re.findall(r"oci://\S+/(\S+)", COMMANDS)) == {path.name for path in CHARTS.iterdir()}
    kinds = load("softprobe-runtime").schema["properties"]["captures"]["properties"]["kind"]["enum"]  # type: ignore[index]
    assert re.findall(r"^\| `(\w+)` \|", read(PAGE), re.MULTILINE) == kinds_in_order(kinds)


def kinds_in_order(kinds: list[str]) -> list[str]:
    """The page tells of the throw-away kind last."""
    return sorted(kinds, key=lambda kind: (kind == "ephemeral", kinds.index(kind)))


def test_the_names_of_the_page_are_those_that_its_commands_make() -> None:
    """A release `softprobe` of the one chart, `shop-proxy` of the other."""
    runtime = render({}, release="softprobe").of_kind("Deployment")[0]["metadata"]["name"]
    proxy = render({}, "softprobe-envoy", release="shop-proxy").of_kind("ConfigMap")[0]
    assert f"deployment/{runtime}" in COMMANDS
    assert f"get configmap {proxy['metadata']['name']} " in COMMANDS
    assert f"--namespace {NAMESPACE} patch deployment shop" in COMMANDS
    assert f"address: {runtime}.softprobe:8080" in "".join(VALUES)


def test_the_secrets_of_the_page_are_those_that_its_values_name() -> None:
    """With the keys that the chart reads."""
    for name, key in re.findall(r"create secret generic (\S+) --from-literal=(\w+)=", COMMANDS):
        assert f"existingSecret: {name}" in "".join(VALUES)
        assert key in {"token", "url"}

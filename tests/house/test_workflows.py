"""The workflows are what GitHub takes, and do no more than they need to."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.pages import HOUSE

FOLDER = HOUSE / ".github/workflows"
FILES = sorted(FOLDER.glob("*.yml"))


def workflow(name: str) -> dict[Any, Any]:
    """A workflow's content."""
    content: dict[Any, Any] = yaml.safe_load((FOLDER / name).read_text("utf-8"))
    return content


def steps(name: str, job: str) -> list[dict[str, Any]]:
    """A job's steps."""
    found: list[dict[str, Any]] = workflow(name)["jobs"][job]["steps"]
    return found


def uses(name: str, job: str) -> dict[str, dict[str, Any]]:
    """What a job's steps tell each action."""
    return {s["uses"].partition("@")[0]: s.get("with", {}) for s in steps(name, job) if "uses" in s}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_workflow_agrees_with_githubs_schema(file: Path) -> None:
    """By the schema that comes with check-jsonschema."""
    tool = Path(sys.executable).with_name("check-jsonschema")
    command = [str(tool), "--builtin-schema", "vendor.github-workflows", str(file)]
    check = subprocess.run(command, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_action_is_of_one_version_and_every_job_ends(file: Path) -> None:
    """A whole version, not a branch; a time limit; by default a right to read only."""
    content = workflow(file.name)
    assert content["permissions"] == {"contents": "read"}
    for job in content["jobs"].values():
        assert job["timeout-minutes"] <= 60
        actions = [step["uses"] for step in job["steps"] if "uses" in step]
        assert [a for a in actions if not re.fullmatch(r"[\w/-]+@v\d+\.\d+\.\d+", a)] == []


@pytest.mark.parametrize("name", ["ci.yml", "release.yml"])
def test_what_has_to_pass_is_what_passes_here(name: str) -> None:
    """`.ci/run`, which a person runs too."""
    runs = [s.get("run") for job in workflow(name)["jobs"] for s in steps(name, job)]
    assert ".ci/run" in runs


def test_a_tag_publishes_an_image_for_both_architectures_with_its_bill_of_materials() -> None:
    """Built from the Dockerfile that is tested, after the tests, signed by its digest."""
    release = workflow("release.yml")
    assert release[True]["push"]["tags"]
    assert release["jobs"]["image"]["needs"] == "test"
    build = uses("release.yml", "image")["docker/build-push-action"]
    assert build["platforms"] == "linux/amd64,linux/arm64"
    assert (HOUSE / build["file"]).is_file()
    assert (build["sbom"], build["provenance"]) == (True, "mode=max")
    signing = [
        step for step in steps("release.yml", "image") if "cosign sign" in step.get("run", "")
    ]
    assert signing[0]["env"]["DIGEST"] == "${{ steps.build.outputs.digest }}"


def test_a_tag_publishes_every_chart_after_the_image() -> None:
    """A chart never names an image that is not there."""
    release = workflow("release.yml")
    assert release["jobs"]["charts"]["needs"] == "image"
    script = next(
        s["run"] for s in steps("release.yml", "charts") if "helm push" in s.get("run", "")
    )
    charts = {path.parent.name for path in HOUSE.glob("deploy/helm/*/Chart.yaml")}
    named = re.findall(r"for chart in (.*); do", script)[0].split()
    assert set(named) == charts
    assert "cosign sign" in script

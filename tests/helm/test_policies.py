"""What a platform team asks of every pod, in every combination of values."""

import re

import pytest

from tests.helm.chart import Manifest, Rendered, containers, pods, render
from tests.helm.combinations import COMBINATIONS

SECRET = re.compile(r"s3cret|trial-|p@ss|p%40ss|scrape\b|TOKEN|PASSWORD|STORE_URL")


@pytest.fixture(params=COMBINATIONS)
def rendered(request: pytest.FixtureRequest) -> Rendered:
    """What the chart makes of each combination."""
    return render(COMBINATIONS[request.param])


def test_no_pod_runs_as_root_or_gains_rights(rendered: Rendered) -> None:
    """Non-root with a number, no escalation, no capability, the runtime's seccomp profile."""
    for name, pod in pods(rendered):
        context = pod["spec"]["securityContext"]
        assert context["runAsNonRoot"] is True, name
        assert context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(pod):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False
            assert own["capabilities"] == {"drop": ["ALL"]}
            assert not own.get("privileged")


def test_the_root_of_every_container_is_read_only(rendered: Rendered) -> None:
    """What has to be written lies in volumes."""
    for _, pod in pods(rendered):
        assert all(c["securityContext"]["readOnlyRootFilesystem"] for c in containers(pod))


def test_no_pod_holds_a_token_of_the_api_server_or_a_part_of_the_host(rendered: Rendered) -> None:
    """Nothing of ours talks to Kubernetes."""
    for _, pod in pods(rendered):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        assert not any("hostPath" in volume for volume in spec.get("volumes", []))


def test_every_image_is_of_a_version(rendered: Rendered) -> None:
    """A tag that is not `latest`, or a digest."""
    for _, pod in pods(rendered):
        for container in containers(pod):
            image = container["image"]
            tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
            assert "@sha256:" in image or tag not in {"", "latest"}, image


def test_every_container_says_what_it_needs(rendered: Rendered) -> None:
    """CPU and memory requested, and memory bounded for what is ours."""
    for _, pod in pods(rendered):
        for container in containers(pod):
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            if container["name"] != "beside":
                assert container["resources"]["limits"]["memory"]


def test_every_container_that_stays_is_watched(rendered: Rendered) -> None:
    """Ready and alive; ours may also take its time to start."""
    for name, pod in pods(rendered):
        for container in pod["spec"]["containers"] if not name.endswith("-test") else []:
            assert {"readinessProbe", "livenessProbe"} <= set(container)
            assert container["name"] == "beside" or "startupProbe" in container


def _words(manifest: Manifest) -> str:
    return str(manifest.get("data", {}))


def test_no_secret_lies_outside_a_secret(rendered: Rendered) -> None:
    """Neither in a config map nor as a plain variable of a pod."""
    for config in rendered.of_kind("ConfigMap"):
        assert not SECRET.search(_words(config))
    for _, pod in pods(rendered):
        for container in containers(pod):
            plain = [v["value"] for v in container.get("env", []) if "value" in v]
            words = str([*plain, *container.get("args", [])])
            assert not re.search(r"s3cret|trial-|p@ss|p%40ss|scrape\b", words)


def test_the_bundled_store_is_for_the_runtime_only(rendered: Rendered) -> None:
    """Where network policies are wanted, one lets nobody else in, and it calls nobody."""
    policies = {m["metadata"]["name"]: m["spec"] for m in rendered.of_kind("NetworkPolicy")}
    for store in rendered.of_kind("StatefulSet") if policies else []:
        policy = policies[store["metadata"]["name"]]
        (rule,) = policy["ingress"]
        (peer,) = rule["from"]
        assert peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "runtime"
        assert policy["egress"] == []

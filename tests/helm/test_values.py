"""The values: each is documented, and what the templates do not know is refused."""

from collections.abc import Iterator
from typing import Any

import helm_python
import pytest

from tests.helm.chart import RUNTIME, Values, load, render
from tests.helm.combinations import SHARED, external
from tools.chart_values import CHARTS, PAGE, current_page, leaves, values

# Mappings whose keys are the user's own, or Kubernetes'.
FREE = {
    "commonLabels",
    "podLabels",
    "podAnnotations",
    "nodeSelector",
    "annotations",
    "labels",
    "requests",
    "limits",
    "behavior",
    "affinity",
    "podSecurityContext",
    "securityContext",
}


def closed(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all mappings whose keys the chart knows."""
    if isinstance(tree, dict) and not FREE & set(path):
        yield path
        for key, value in tree.items():
            yield from closed(value, (*path, key))


def nested(path: tuple[str, ...], value: Any) -> Values:
    """A value at a path."""
    for key in reversed(path):
        value = {key: value}
    return dict(value)


@pytest.mark.parametrize("chart", CHARTS)
def test_every_value_has_its_comment(chart: str) -> None:
    """Itself, or the mapping that it lies in; and every comment belongs to a value."""
    documented = {value.path for value in values(chart)}
    for path in leaves(load(chart).values):
        assert any(path[: length + 1] in documented for length in range(len(path))), path


def test_the_table_of_values_is_up_to_date() -> None:
    """`make docs` would write what stands there."""
    assert PAGE.read_text("utf-8") == current_page()


@pytest.mark.parametrize("chart", CHARTS)
def test_a_misspelt_key_is_refused_at_every_place(chart: str) -> None:
    """Rather than ignored, so that nobody believes to have set something."""
    for path in closed(load(chart).values):
        with pytest.raises(helm_python.HelmValuesError, match="misspelt"):
            load(chart).validate_schema(nested(path, {"misspelt": True}))


REFUSED: dict[str, tuple[Values, str]] = {
    "replicas-none": ({"replicas": 0}, "replicas"),
    "log-level": ({"settings": {"logLevel": "loud"}}, "logLevel"),
    "size": ({"settings": {"maxBodyBytes": "32 miles"}}, "maxBodyBytes"),
    "tag-latest": ({"image": {"tag": "latest"}}, "tag"),
    "digest": ({"image": {"digest": "sha256:12"}}, "digest"),
    "secret-twice": ({"auth": {"token": {"value": "a", "existingSecret": "b"}}}, "token"),
    "token-with-spaces": ({"auth": {"token": {"value": "a b"}}}, "token"),
    "mode": ({"auth": {"mode": "password"}}, "mode"),
    "kind": ({"captures": {"kind": "ftp"}}, "kind"),
    "no-cpu-requested": ({"resources": {"requests": {"cpu": None}}}, "cpu"),
    "ingress-without-host": ({"ingress": {"enabled": True}}, "hosts"),
    "gateway-without-parent": ({"gateway": {"enabled": True}}, "parentRefs"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_schema_refuses_a_bad_value_by_its_name(case: str) -> None:
    """`helm install` ends before anything is made."""
    bad, name = REFUSED[case]
    with pytest.raises(helm_python.HelmValuesError, match=name):
        load(RUNTIME).validate_schema(bad)


DISAGREE: dict[str, tuple[Values, str]] = {
    "two-stores": ({"store": {"url": {"value": "redis://a"}}}, "set valkey.enabled=false"),
    "no-store": ({"valkey": {"enabled": False}}, "needs store.url or store.nodes"),
    "url-and-parts": (external(url={"value": "redis://a"}, nodes=["a:1"]), "not both"),
    "no-service": (external(form="sentinel", nodes=["a:1"]), "store.service"),
    "two-servers": (external(nodes=["a:1", "b:1"]), "form server takes one"),
    "cluster-database": (external(form="cluster", nodes=["a:1"], database=1), "store.database"),
    "no-replica": ({"settings": {"storeAck": "replica"}}, "settings.storeAck: .* memory or aof"),
    "volume-for-one": ({"replicas": 2}, "ReadWriteMany"),
    "volume-for-one-of-ones-own": (
        {"replicas": 2, "captures": {"volume": {"existingClaim": "mine"}}},
        "ReadWriteMany",
    ),
    "autoscaled-volume": ({"autoscaling": {"enabled": True}}, "ReadWriteMany"),
    "ephemeral": ({"replicas": 2, "captures": {"kind": "ephemeral"}}, "ephemeral"),
    "no-bucket": ({"captures": {"kind": "gs"}}, "captures.bucket"),
    "one-name-for-all": ({"captures": {"name": "case.json"}}, "sessionId"),
    "bucket-with-scheme": (
        {"captures": {"kind": "gs", "bucket": "gs://cases"}},
        "captures.bucket: .* name alone",
    ),
    "no-region": ({"captures": {"kind": "s3", "bucket": "b"}}, "captures.s3.region"),
    "no-account": ({"captures": {"kind": "azblob", "bucket": "b"}}, "captures.azblob.account"),
    "duration": ({"settings": {"sessionTtl": "a day"}}, "settings.sessionTtl: .* 24h"),
    "node-without-port": (external(nodes=["redis"]), "store.nodes: expected host:port"),
    "secret-name": (
        {"auth": {"token": {"existingSecret": "My Secret"}}},
        "auth.token.existingSecret: .* name of a Secret",
    ),
    "no-token": ({"auth": {"mode": "token"}}, "auth.token"),
    "token-with-none": ({"auth": {"mode": "none", "token": {"value": "a"}}}, "exclude"),
    "token-with-keys": ({"auth": {"mode": "keys", "token": {"value": "a"}}}, "exclude"),
    "keys-without-org": (
        {"auth": {"mode": "keys"}, "captures": {"name": "{sessionId}.case.json"}},
        "needs {org}",
    ),
    "keys-with-quotas-for-all": (
        {
            "auth": {"mode": "keys"},
            "captures": {"name": "{org}/{sessionId}.json"},
            "settings": {"quotas": "free"},
        },
        "settings.quotas",
    ),
    "few-at-most": (
        {"autoscaling": {"enabled": True, "minReplicas": 5, "maxReplicas": 2}, **SHARED},
        "autoscaling",
    ),
}


@pytest.mark.parametrize(
    "more",
    [
        {"extraEnv": [{"name": "AWS_REGION", "value": "here"}]},
        {"captures": {"kind": "s3", "bucket": "b", "existingSecret": "aws"}},
    ],
    ids=str,
)
def test_a_region_may_come_with_the_credentials(more: Values) -> None:
    """Or by a variable of the user's own."""
    assert render({"captures": {"kind": "s3", "bucket": "b"}} | more).of_kind("Deployment")


@pytest.mark.parametrize("case", DISAGREE)
def test_values_that_disagree_are_refused_with_a_sentence(case: str) -> None:
    """It names the value and says what would do."""
    bad, sentence = DISAGREE[case]
    with pytest.raises(helm_python.HelmRenderError, match=sentence):
        render(bad)

"""Kubernetes' own schemas, strict: a field that a version does not know is a flaw."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
from kubernetes_validate.utils import schema_contents

from tests.helm.chart import Manifest
from tests.helm.crds import KINDS

# From the oldest that the chart names to the newest that there is.
VERSIONS = ("1.28.0", "1.30.0", "1.32.0", "1.34.0", "1.37.0")
FOLDER = "kubernetes-json-schema/v{}-local-strict"


@cache
def _definitions(version: str) -> Any:
    return schema_contents(f"{FOLDER.format(version)}/_definitions.json", version)


@cache
def _validator(version: str, kind: str, api_version: str) -> Any:
    if kind in KINDS:
        return jsonschema_rs.validator_for(KINDS[kind])
    group, _, number = api_version.rpartition("/")
    name = "-".join(filter(None, (kind.lower(), group.partition(".")[0], number)))
    schema = schema_contents(f"{FOLDER.format(version)}/{name}.json", version)
    definitions = _definitions(version)
    registry = jsonschema_rs.Registry([(definitions["$id"], definitions)])
    return jsonschema_rs.Draft202012Validator(schema, registry=registry)


def flaws(manifest: Manifest, version: str) -> Iterator[str]:
    """What a version of Kubernetes would not take of a manifest."""
    validator = _validator(version, manifest["kind"], manifest["apiVersion"])
    for error in validator.iter_errors(manifest):
        yield f"{manifest['kind']} {list(error.instance_path)}: {error.message}"

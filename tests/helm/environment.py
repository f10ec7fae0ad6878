"""A container's environment as the kubelet would make it."""

import re
from typing import Any

from tests.helm.chart import Manifest, Rendered

# What the Secrets of others hold, by their name and key; any other key of theirs holds this word.
ELSEWHERE = {("softprobe-store", "url"): "rediss://softprobe:s3cret@redis.data:6380/0"}
WORD = "s3cret-of-others"


def _config(rendered: Rendered, name: str) -> dict[str, str]:
    maps = {m["metadata"]["name"]: m.get("data", {}) for m in rendered.of_kind("ConfigMap")}
    return dict(maps.get(name, {}))


def _secret(rendered: Rendered, name: str, key: str) -> str:
    """A secret's value; one that the chart makes has to hold the key."""
    for secret in rendered.of_kind("Secret"):
        if secret["metadata"]["name"] == name:
            return str(secret["stringData"][key])
    return ELSEWHERE.get((name, key), WORD)


def _value(rendered: Rendered, variable: Manifest, known: dict[str, str]) -> str:
    source: Any = variable.get("valueFrom", {})
    if "secretKeyRef" in source:
        return _secret(rendered, source["secretKeyRef"]["name"], source["secretKeyRef"]["key"])
    text = str(variable.get("value", ""))
    return re.sub(r"\$\((\w+)\)", lambda found: known.get(found[1], found[0]), text)


def environment(rendered: Rendered, container: Manifest) -> dict[str, str]:
    """The variables; a value may name those before it, as `$(NAME)`."""
    known: dict[str, str] = {}
    for source in container.get("envFrom", []):
        known |= _config(rendered, source.get("configMapRef", {}).get("name", ""))
    for variable in container.get("env", []):
        known[variable["name"]] = _value(rendered, variable, known)
    return known

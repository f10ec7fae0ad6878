"""What we rely on of the kinds that operators bring: Kubernetes has no schema for them."""

from typing import Any


def _exactly(required: str, **properties: Any) -> dict[str, Any]:
    """An object with these members and no others; `required` names those that must be there."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": items}


TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
DURATION = {"type": "string", "pattern": "^([0-9]+(ms|s|m|h|d))+$"}
METADATA = _exactly("name labels", name=TEXT, labels=TEXTS, annotations=TEXTS)

_CREDENTIALS = _exactly("name key", name=TEXT, key=TEXT)
_ENDPOINT = _exactly(
    "port path",
    port=TEXT,
    path=TEXT,
    interval=DURATION,
    authorization=_exactly("type credentials", type=TEXT, credentials=_CREDENTIALS),
    relabelings=_list(_exactly("targetLabel", targetLabel=TEXT, replacement=TEXT)),
)
_MONITOR = _exactly(
    "selector endpoints",
    selector=_exactly("matchLabels", matchLabels=TEXTS),
    namespaceSelector=_exactly("matchNames", matchNames=_list(TEXT)),
    endpoints=_list(_ENDPOINT),
)
_ALERT = _exactly(
    "alert expr labels annotations",
    alert={"type": "string", "pattern": "^[A-Z][A-Za-z]+$"},
    expr=TEXT,
    **{"for": DURATION},
    labels=TEXTS,
    annotations=TEXTS,
)
_RULES = _exactly("groups", groups=_list(_exactly("name rules", name=TEXT, rules=_list(_ALERT))))
_PARENT = _exactly(
    "name",
    name=TEXT,
    namespace=TEXT,
    sectionName=TEXT,
    port={"type": "integer"},
    kind=TEXT,
    group=TEXT,
)
_MATCH = _exactly("path", path=_exactly("type value", type={"const": "PathPrefix"}, value=TEXT))
_BACKEND = _exactly("name port", name=TEXT, port={"type": "integer"})
_ROUTE = _exactly(
    "parentRefs rules",
    parentRefs=_list(_PARENT),
    hostnames=_list(TEXT),
    rules=_list(
        _exactly("matches backendRefs", matches=_list(_MATCH), backendRefs=_list(_BACKEND))
    ),
)


def _kind(version: str, spec: dict[str, Any]) -> dict[str, Any]:
    return _exactly(
        "apiVersion kind metadata spec",
        apiVersion={"const": version},
        kind=TEXT,
        metadata=METADATA,
        spec=spec,
    )


_VALUE = {"type": "object", "minProperties": 1}
_PATCH = _exactly(
    "applyTo patch",
    applyTo={
        "enum": ["LISTENER", "CLUSTER", "NETWORK_FILTER", "HTTP_FILTER", "ROUTE_CONFIGURATION"]
    },
    match=_exactly("context", context={"pattern": "^SIDECAR_(IN|OUT)BOUND$"}, listener=_VALUE),
    patch=_exactly(
        "operation value", operation={"enum": ["ADD", "MERGE", "INSERT_BEFORE"]}, value=_VALUE
    ),
)
_FILTER = _exactly(
    "workloadSelector configPatches",
    workloadSelector=_exactly("labels", labels=TEXTS),
    configPatches=_list(_PATCH),
)

KINDS = {
    "EnvoyFilter": _kind("networking.istio.io/v1alpha3", _FILTER),
    "ServiceMonitor": _kind("monitoring.coreos.com/v1", _MONITOR),
    "PrometheusRule": _kind("monitoring.coreos.com/v1", _RULES),
    "HTTPRoute": _kind("gateway.networking.k8s.io/v1", _ROUTE),
}

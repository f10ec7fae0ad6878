"""An Envoy as Istio would set it up, with the patches of an EnvoyFilter applied as its page says.

Only the kinds of patches that the chart makes are known; any other fails.
"""

import json
from typing import Any

Tree = dict[str, Any]

TYPE = "type.googleapis.com/envoy.extensions"
MANAGER = "envoy.filters.network.http_connection_manager"
ROUTER: Tree = {
    "name": "envoy.filters.http.router",
    "typed_config": {"@type": f"{TYPE}.filters.http.router.v3.Router"},
}
# Istio's way to an upstream that nobody described; here the host header names it.
NAMES: Tree = {"name": "upstreams", "dns_lookup_family": "V4_ONLY"}
FORWARDING: Tree = {
    "name": "envoy.filters.http.dynamic_forward_proxy",
    "typed_config": {
        "@type": f"{TYPE}.filters.http.dynamic_forward_proxy.v3.FilterConfig",
        "dns_cache_config": NAMES,
    },
}
PASSTHROUGH: Tree = {
    "name": "passthrough",
    "lb_policy": "CLUSTER_PROVIDED",
    "cluster_type": {
        "name": "envoy.clusters.dynamic_forward_proxy",
        "typed_config": {
            "@type": f"{TYPE}.clusters.dynamic_forward_proxy.v3.ClusterConfig",
            "dns_cache_config": NAMES,
        },
    },
}
SIDES = {"SIDECAR_INBOUND": "inbound", "SIDECAR_OUTBOUND": "outbound"}


def _address(host: str, port: int) -> Tree:
    return {"socket_address": {"address": host, "port_value": port}}


def _cluster(name: str, port: int) -> Tree:
    endpoint = {"endpoint": {"address": _address("127.0.0.1", port)}}
    load = {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}
    return {"name": name, "type": "STATIC", "connect_timeout": "1s", "load_assignment": load}


def _listener(name: str, cluster: str) -> Tree:
    route = {"match": {"prefix": "/"}, "route": {"cluster": cluster, "timeout": "0s"}}
    hosts = [{"name": "all", "domains": ["*"], "routes": [route]}]
    filters = [FORWARDING, ROUTER] if name == "outbound" else [ROUTER]
    manager = {
        "@type": f"{TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        "route_config": {"virtual_hosts": hosts},
        "http_filters": filters,
    }
    chain = {"filters": [{"name": MANAGER, "typed_config": manager}]}
    return {"name": name, "address": _address("127.0.0.1", 0), "filter_chains": [chain]}


def _manager(listener: Tree) -> Tree:
    found: Tree = listener["filter_chains"][0]["filters"][0]["typed_config"]
    return found


def _merge(base: Tree, more: Tree) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


def _add(resources: Tree, patch: Tree) -> None:
    kinds = {"LISTENER": "listeners", "CLUSTER": "clusters"}
    resources[kinds[patch["applyTo"]]].append(patch["patch"]["value"])


def _change(listener: Tree, patch: Tree) -> None:
    """Merge into a listener of Istio's own, or insert a filter before the router."""
    kind, value = patch["applyTo"], patch["patch"]["value"]
    manager = _manager(listener)
    if kind == "HTTP_FILTER":
        assert patch["patch"]["operation"] == "INSERT_BEFORE"
        filters = manager["http_filters"]
        filters.insert(filters.index(FORWARDING) if FORWARDING in filters else -1, value)
        return
    assert patch["patch"]["operation"] == "MERGE"
    targets = {"LISTENER": listener, "ROUTE_CONFIGURATION": manager["route_config"]}
    _merge(targets.get(kind, {"typed_config": manager}), value)


def configuration(envoy_filter: Tree, app: int) -> str:
    """Istio's Envoy with an EnvoyFilter, beside an app on this port."""
    resources: Tree = {
        "listeners": [_listener("inbound", "app"), _listener("outbound", "passthrough")],
        "clusters": [_cluster("app", app), PASSTHROUGH],
    }
    own = {listener["name"]: listener for listener in resources["listeners"]}
    for patch in envoy_filter["spec"]["configPatches"]:
        if patch["patch"]["operation"] == "ADD":
            _add(resources, patch)
        else:
            _change(own[SIDES[patch["match"]["context"]]], patch)
    admin = {"address": _address("127.0.0.1", 0)}
    return json.dumps({"admin": admin, "static_resources": resources})

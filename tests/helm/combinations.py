"""Combinations of values; the main ones lie in the chart as `ci/*-values.yaml`."""

import yaml

from tests.helm.chart import CHARTS, RUNTIME, Values

SHARED = {"captures": {"volume": {"accessMode": "ReadWriteMany"}}}


def external(**store: object) -> Values:
    """A store of one's own."""
    return {"valkey": {"enabled": False}, "store": store}


OTHERS: dict[str, Values] = {
    "nothing": {},
    "another-name": {"nameOverride": "control", "fullnameOverride": "softprobe"},
    "ephemeral": {
        "captures": {"kind": "ephemeral"},
        "valkey": {"volume": {"enabled": False}},
    },
    "store-url-in-values": external(url={"value": "redis://user:p%40ss@redis:6379/2"}),
    "server-with-password-in-values": external(
        nodes=["redis.data.svc:6379"],
        database=3,
        username="soft probe",
        password={"value": "p@ss/w +"},
    ),
    "server-on-ipv6": external(nodes=["[fd00::12]:6379"]),
    "server-without-a-login": external(nodes=["redis:6379"]),
    "cluster-in-plain": external(form="cluster", nodes=["a:7000", "b:7001", "c:7002"]),
    "sentinel-without-its-own-login": external(
        form="sentinel", nodes=["a:26379"], service="my primary", password={"value": "secret"}
    ),
    "tls-that-knows-no-names": external(
        nodes=["redis:6380"], tls={"enabled": True, "checkHostname": False, "caSecret": "ca"}
    ),
    "bundled-store-with-a-secret": {
        "valkey": {"password": {"existingSecret": "store-login"}, "volume": {"storageClass": "ssd"}}
    },
    "two-replicas-on-a-shared-volume": {"replicas": 2, **SHARED},
    "autoscaling-with-behaviour": {
        "autoscaling": {
            "enabled": True,
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 600}},
        },
        **SHARED,
    },
    "no-disruption-budget": {"replicas": 2, "disruptionBudget": {"enabled": False}, **SHARED},
    "disruption-budget-in-percent": {
        "replicas": 8,
        "disruptionBudget": {"maxUnavailable": "25%"},
        **SHARED,
    },
    "auth-none": {"auth": {"mode": "none"}},
    "auth-token-said": {"auth": {"mode": "token", "token": {"existingSecret": "t", "key": "k"}}},
    "auth-keys": {"auth": {"mode": "keys"}, "captures": {"name": "{org}/{sessionId}.json"}},
    "settings": {
        "settings": {
            "sessionTtl": "90m",
            "maxBodyBytes": "64MiB",
            "maxCaptureBytes": "1GiB",
            "logLevel": "debug",
            "storeAck": "aof",
            "quotas": "sessions_per_minute=60,open_sessions=100",
            "orgConcurrency": 12,
            "fastLane": False,
        }
    },
    "quotas-of-a-tier": {"settings": {"quotas": "free"}},
    "metrics-token-in-values": {
        "metrics": {
            "token": {"value": "scrape"},
            "serviceMonitor": {"enabled": True, "interval": "15s"},
            "dashboard": {"enabled": True, "annotations": {"grafana_folder": "Tests"}},
        }
    },
    "alerts-alone": {"metrics": {"prometheusRule": {"enabled": True}}},
    "ingress-in-plain": {"ingress": {"enabled": True, "hosts": ["a.example.com", "b.example.com"]}},
    "gateway": {"gateway": {"enabled": True, "parentRefs": [{"name": "public"}]}},
    "no-network-policy": {"networkPolicy": {"enabled": False}},
    "egress-of-a-trial": {"networkPolicy": {"egress": {"enabled": True}}},
    "egress-to-a-cluster": {
        **external(form="cluster", nodes=["a:7000", "b:7000"]),
        "networkPolicy": {"egress": {"enabled": True}},
    },
    "account-of-ones-own": {"serviceAccount": {"create": False, "name": "robot"}},
    "annotated-account": {"serviceAccount": {"annotations": {"a.example.com/b": "c"}}},
    "load-balancer": {"service": {"type": "LoadBalancer", "port": 80, "annotations": {"a": "b"}}},
    "no-pause": {"drain": {"preStopSeconds": 0, "delaySeconds": 20}},
    "a-sidecar": {
        "extraContainers": [
            {
                "name": "beside",
                "image": "example.com/beside:1",
                "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
                "readinessProbe": {"tcpSocket": {"port": 1}},
                "livenessProbe": {"tcpSocket": {"port": 1}},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
        "extraEnvFrom": [{"configMapRef": {"name": "more"}}],
        "topologySpreadConstraints": [],
    },
}


def _in_the_chart() -> dict[str, Values]:
    files = sorted((CHARTS / RUNTIME / "ci").glob("*-values.yaml"))
    return {
        file.name.removesuffix("-values.yaml"): yaml.safe_load(file.read_text("utf-8"))
        for file in files
    }


COMBINATIONS = _in_the_chart() | OTHERS

"""Metrics, in the Prometheus text format (reference.md)."""

from collections.abc import Mapping
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# A hop's decision is to take under 1 ms; the buckets see well below and beyond that, in seconds.
LATENCY_BUCKETS = (
    0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
)  # fmt: skip


class MetricKind(NamedTuple):
    """One row of the table of metrics.

    help: one sentence, for scrapers and for the documentation.
    labels: at most one, with the values that it takes.
    """

    help: str
    labels: Mapping[str, tuple[str, ...]] = {}


METRICS: Mapping[str, MetricKind] = {
    "softprobe_sessions_total": MetricKind(
        "Sessions created.", {"mode": ("capture", "replay", "generate")}
    ),
    "softprobe_inject_requests_total": MetricKind(
        "Inject calls by what they answered.", {"result": ("hit", "miss", "strict_miss", "error")}
    ),
    "softprobe_inject_latency_seconds": MetricKind(
        "Time from an inject call's arrival to its answer."
    ),
    "softprobe_extract_spans_total": MetricKind("Observed spans that were kept."),
    "softprobe_extract_bytes_total": MetricKind("Bytes of uploads that were kept, inflated."),
    "softprobe_compiled_rules_total": MetricKind(
        "Inject calls by whether their session's rules were compiled already.",
        {"result": ("hit", "miss")},
    ),
    "softprobe_compiled_rules_bytes": MetricKind(
        "About how much memory the compiled rule sets take that are kept."
    ),
    "softprobe_compiled_rules_evictions_total": MetricKind(
        "Compiled rule sets that made room for others."
    ),
}


def _counter(name: str, registry: CollectorRegistry) -> Counter:
    """A counter of the table, each of its series at 0 from the start."""
    kind = METRICS[name]
    counter = Counter(name, kind.help, list(kind.labels), registry=registry)
    for values in kind.labels.values():
        for value in values:
            counter.labels(value)
    return counter


class Metrics:
    """All metrics of one replica."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.sessions = _counter("softprobe_sessions_total", self.registry)
        self.inject_requests = _counter("softprobe_inject_requests_total", self.registry)
        self.inject_latency = Histogram(
            "softprobe_inject_latency_seconds",
            METRICS["softprobe_inject_latency_seconds"].help,
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.extract_spans = _counter("softprobe_extract_spans_total", self.registry)
        self.extract_bytes = _counter("softprobe_extract_bytes_total", self.registry)
        self.compiled_rules = _counter("softprobe_compiled_rules_total", self.registry)
        self.compiled_rules_bytes = Gauge(
            "softprobe_compiled_rules_bytes",
            METRICS["softprobe_compiled_rules_bytes"].help,
            registry=self.registry,
        )
        self.compiled_rules_evictions = _counter(
            "softprobe_compiled_rules_evictions_total", self.registry
        )
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)

    def text(self) -> bytes:
        """Everything as Prometheus scrapes it."""
        return generate_latest(self.registry)

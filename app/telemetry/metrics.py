"""Metrics, in the Prometheus text format (settings.md)."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
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


class Metrics:
    """All metrics of one replica."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.sessions = Counter(
            "softprobe_sessions", "Sessions created.", ["mode"], registry=self.registry
        )
        self.inject_requests = Counter(
            "softprobe_inject_requests",
            "Inject calls by what they answered.",
            ["result"],
            registry=self.registry,
        )
        self.inject_latency = Histogram(
            "softprobe_inject_latency_seconds",
            "Time from an inject call's arrival to its answer.",
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.extract_spans = Counter(
            "softprobe_extract_spans", "Observed spans that were kept.", registry=self.registry
        )
        self.extract_bytes = Counter(
            "softprobe_extract_bytes",
            "Bytes of uploads that were kept, inflated.",
            registry=self.registry,
        )
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)

    def text(self) -> bytes:
        """Everything as Prometheus scrapes it."""
        return generate_latest(self.registry)

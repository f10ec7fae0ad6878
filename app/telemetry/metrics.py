"""Metrics, in the Prometheus text format or as OpenMetrics (reference.md)."""

import platform
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

from app import __version__
from app.telemetry.http_requests import HttpRequests
from app.telemetry.metric_table import METRICS
from app.telemetry.quick_counter import QuickCounter
from app.telemetry.quick_histogram import QuickHistogram

# Times of creation would double the number of series, and nobody asks for them.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Exposition(NamedTuple):
    """All metrics as text, and the media type that says how it is written."""

    text: bytes
    content_type: str


class _Instruments:
    """Makes the metrics of the table."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def counter(self, name: str) -> Counter:
        """A counter, whose series are there from the start, at 0, where they can be listed."""
        kind = METRICS[name]
        counter = Counter(name, kind.help, list(kind.labels), registry=self._registry)
        if len(kind.labels) == 1:
            for value in next(iter(kind.labels.values())):
                counter.labels(value)
        return counter

    def quick_counter(self, name: str) -> QuickCounter:
        """A counter with one label that counts on every call of the hot path."""
        kind = METRICS[name]
        [(label, values)] = kind.labels.items()
        made = QuickCounter(name, kind.help, label, values)
        self._registry.register(made)
        return made

    def gauge(self, name: str) -> Gauge:
        """A gauge."""
        kind = METRICS[name]
        return Gauge(name, kind.help, list(kind.labels), registry=self._registry)

    def histogram(self, name: str) -> Histogram:
        """A histogram."""
        kind = METRICS[name]
        labels, buckets = list(kind.labels), kind.buckets
        return Histogram(name, kind.help, labels, buckets=buckets, registry=self._registry)

    def quick_histogram(self, name: str) -> QuickHistogram:
        """A histogram that is observed on every call."""
        kind = METRICS[name]
        made = QuickHistogram(name, kind.help, list(kind.labels), kind.buckets)
        self._registry.register(made)
        return made


class Metrics:
    """All metrics of one replica."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        make = _Instruments(self.registry)
        build = make.gauge("softprobe_build_info")
        build.labels(__version__, platform.python_version()).set(1)
        self.http = HttpRequests(
            make.quick_histogram("softprobe_http_request_duration_seconds"),
            make.gauge("softprobe_http_requests_in_progress"),
        )
        self.sessions = make.counter("softprobe_sessions_total")
        self.injected = make.quick_counter("softprobe_inject_requests_total").counts
        self.inject_latency = make.quick_histogram("softprobe_inject_latency_seconds").labels()
        self.extract_spans = make.counter("softprobe_extract_spans_total")
        self.extract_bytes = make.counter("softprobe_extract_bytes_total")
        self.compiled_rules = make.quick_counter("softprobe_compiled_rules_total").counts
        self.compiled_rules_bytes = make.gauge("softprobe_compiled_rules_bytes")
        self.compiled_rules_evictions = make.counter("softprobe_compiled_rules_evictions_total")
        self.store_calls = make.quick_histogram("softprobe_store_call_duration_seconds")
        self.store_batches = make.quick_histogram("softprobe_store_batch_calls").labels()
        self.store_faults = make.counter("softprobe_store_faults_total")
        self.store_connections = make.gauge("softprobe_store_connections")
        self.store_connections_limit = make.gauge("softprobe_store_connections_limit")
        self.closes = make.counter("softprobe_closes_total")
        self.close_duration = make.histogram("softprobe_close_duration_seconds")
        self.quota_refusals = make.counter("softprobe_quota_refusals_total")
        self.sweeper_rounds = make.counter("softprobe_sweeper_rounds_total")
        self.sweeper_sessions = make.counter("softprobe_sweeper_sessions_total")
        self.sweeper_last_round = make.gauge("softprobe_sweeper_last_round_timestamp_seconds")
        self.sink_writes = make.histogram("softprobe_sink_write_duration_seconds")
        self.sink_bytes = make.counter("softprobe_sink_written_bytes_total")
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)

    def exposition(self, accept: str) -> Exposition:
        """Everything as it is scraped.

        accept: the scraper's `Accept`; OpenMetrics where it asks for that.
        """
        encode, content_type = choose_encoder(accept)
        return Exposition(encode(self.registry), content_type)

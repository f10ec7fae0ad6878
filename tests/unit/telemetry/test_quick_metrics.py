"""Counters and histograms of the hot path are scraped as prometheus_client's own are."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import choose_encoder

from app.telemetry.quick_counter import QuickCounter
from app.telemetry.quick_histogram import QuickHistogram

FORMATS = ("text/plain", "application/openmetrics-text; version=1.0.0")
TEXT = 'What "it" counts.'
BUCKETS = (0.1, 1.0)


def scraped(registry: CollectorRegistry, accept: str) -> list[str]:
    """The lines of a scrape, without the times of creation, which a replica does not show."""
    encode, _ = choose_encoder(accept)
    return [line for line in encode(registry).decode().splitlines() if "_created" not in line]


@pytest.mark.parametrize("accept", FORMATS)
def test_a_counter_reads_as_the_packages_own(accept: str) -> None:
    """Its name with `_total`, its type, its labels, a series for each value from the start."""
    quick, own = CollectorRegistry(), CollectorRegistry()
    counter = QuickCounter("calls_total", TEXT, "result", ("hit", "miss"))
    quick.register(counter)
    counted = Counter("calls_total", TEXT, ["result"], registry=own)
    for result in ("hit", "miss"):
        counted.labels(result)
    counter.counts["hit"].inc()
    counted.labels("hit").inc()
    assert scraped(quick, accept) == scraped(own, accept)
    assert 'calls_total{result="hit"} 1.0' in scraped(quick, accept)


@pytest.mark.parametrize("accept", FORMATS)
def test_a_histogram_reads_as_the_packages_own(accept: str) -> None:
    """Buckets that hold those below them, then how many there were, and their sum."""
    quick, own = CollectorRegistry(), CollectorRegistry()
    histogram = QuickHistogram("call_seconds", TEXT, ["call"], BUCKETS)
    quick.register(histogram)
    observed = Histogram("call_seconds", TEXT, ["call"], buckets=BUCKETS, registry=own)
    for seconds in (0.05, 0.1, 0.5, 5.0):
        histogram.labels("get").observe(seconds)
        observed.labels("get").observe(seconds)
    assert scraped(quick, accept) == scraped(own, accept)


@pytest.mark.parametrize("values", [(0.5,), (0.1, 0.05), (0.05, 0.5, 5.0), (7.0, 8.0)])
def test_values_that_are_counted_together_count_as_one_by_one(values: tuple[float, ...]) -> None:
    """Be they of one bucket or of several."""
    together, apart = (QuickHistogram("call_seconds", TEXT, [], BUCKETS).labels() for _ in "ab")
    together.observe_each(values)
    for value in values:
        apart.observe(value)
    assert together.buckets() == apart.buckets()
    assert together.total == pytest.approx(apart.total)

"""A counter for the hot path: plain numbers, as only the event loop's thread counts with it.

It is scraped as prometheus_client's own are, which take a lock for each count.
"""

from collections.abc import Iterable, Mapping

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector


class Count:
    """One series of a counter.

    value: its number so far; whoever counts adds to it.
    """

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def inc(self) -> None:
        """Count one more."""
        self.value += 1


class QuickCounter(Collector):
    """A counter with one label, whose values are known.

    counts: the series by the label's value, all there from the start.
    """

    def __init__(self, name: str, text: str, label: str, values: Iterable[str]) -> None:
        self._name = name
        self._text = text
        self._label = label
        self.counts: Mapping[str, Count] = {value: Count() for value in values}

    def collect(self) -> Iterable[CounterMetricFamily]:
        """What a scrape gets."""
        family = CounterMetricFamily(self._name, self._text, labels=[self._label])
        for value, count in self.counts.items():
            family.add_metric([value], count.value)
        yield family

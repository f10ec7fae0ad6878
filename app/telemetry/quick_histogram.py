"""A histogram for the hot path: it counts in plain lists, as only the event loop's thread uses it.

It is scraped as prometheus_client's own are, which take a lock and a walk for each observation.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

INFINITY = float("inf")


class Series:
    """The observations with one set of labels.

    bounds: the upper bounds of the buckets, the last one infinite.
    """

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * len(bounds)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def observe_each(self, values: Sequence[float]) -> None:
        """Count some values, at least one, which are so alike that few buckets have them all."""
        ordered = sorted(values)
        at, counted = bisect_left(self._bounds, ordered[0]), 0
        while counted < len(ordered):
            up_to = bisect_right(ordered, self._bounds[at], counted)
            self._counts[at] += up_to - counted
            at, counted = at + 1, up_to
        self._sum += sum(ordered)

    def buckets(self) -> list[tuple[str, float]]:
        """Each bound with how many values are within it."""
        names = map(floatToGoString, self._bounds)
        return list(zip(names, accumulate(self._counts), strict=True))

    @property
    def total(self) -> float:
        """The sum of all values."""
        return self._sum


class QuickHistogram(Collector):
    """A histogram by labels.

    bounds: the upper bounds of its buckets, without the infinite one.
    """

    def __init__(
        self, name: str, text: str, labels: Sequence[str], bounds: Sequence[float]
    ) -> None:
        self._name = name
        self._text = text
        self._labels = labels
        self._bounds = (*bounds, INFINITY)
        self._series: dict[tuple[str, ...], Series] = {}
        if not labels:
            self.labels()

    def labels(self, *values: str) -> Series:
        """The series with these values of its labels, for who observes to keep."""
        if (series := self._series.get(values)) is None:
            series = self._series[values] = Series(self._bounds)
        return series

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """What a scrape gets."""
        family = HistogramMetricFamily(self._name, self._text, labels=self._labels)
        for values, series in list(self._series.items()):
            family.add_metric(values, series.buckets(), series.total)
        yield family

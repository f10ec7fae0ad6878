"""Requests as they are served: how many at once, and how long by method, route and status."""

from prometheus_client import Gauge

from app.telemetry.quick_histogram import QuickHistogram, Series

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CLIENT_GONE = 0


class HttpRequests:
    """Times requests; a series is looked up once and then kept, for this is the hot path.

    in_progress: how many are being served; whoever serves one adds 1 and takes it away.
    """

    def __init__(self, durations: QuickHistogram, in_progress: Gauge) -> None:
        self._durations = durations
        self._series: dict[tuple[str, str, int], Series] = {}
        self.in_progress = 0
        in_progress.set_function(lambda: self.in_progress)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note a request that has ended.

        route: its template, empty where no route was met. status: CLIENT_GONE without an answer.
        """
        self.series(method, route, status).observe(seconds)

    def series(self, method: str, route: str, status: int) -> Series:
        """The series of such requests; see `observe`."""
        name = (method, route, status)
        if (series := self._series.get(name)) is None:
            series = self._labelled(*name)
            if method in METHODS:
                self._series[name] = series
        return series

    def _labelled(self, method: str, route: str, status: int) -> Series:
        known = method if method in METHODS else "other"
        return self._durations.labels(known, route or "none", str(status or "gone"))

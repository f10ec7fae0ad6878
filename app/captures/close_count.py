"""How callers' closes end, and how long they take, for the metrics."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.errors import ApiError
from app.telemetry.metrics import Metrics

_RESULTS = {
    "capture_store_unavailable": "refused",
    "session_closed": "conflict",
    "close_in_progress": "conflict",
    "session_not_found": "not_found",
    "store_unavailable": "unavailable",
}


@dataclass
class CloseResult:
    """How a close has ended: `captured` or `discarded`, where it did not fail."""

    word: str = "error"


@contextmanager
def counted_close(metrics: Metrics) -> Iterator[CloseResult]:
    """Count a close, however its body ends, and time it."""
    started, result = time.perf_counter(), CloseResult()
    try:
        yield result
    except ApiError as error:
        result.word = _RESULTS.get(error.name, "error")
        raise
    finally:
        metrics.closes.labels(result.word).inc()
        metrics.close_duration.observe(time.perf_counter() - started)

"""A watch over the store: how long each call takes, how calls fail, how full the pool is."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Any, NamedTuple, Protocol, runtime_checkable

from hiredis import HiredisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisClusterException, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.store.script import SCRIPT_NAMES
from app.telemetry.metrics import Metrics
from app.telemetry.quick_histogram import Series
from app.telemetry.tracing import Tracing

PIPELINE = "pipeline"

Watch = Callable[[str], AbstractContextManager[Any]]


class Connections(NamedTuple):
    """A client's connections, and how many there may be."""

    in_use: int
    idle: int
    limit: int


@runtime_checkable
class Watched(Protocol):
    """A client that can be watched: each call goes through its watch, by its name."""

    timed: Watch

    def connections(self) -> Connections:
        """Its connections at this moment."""
        ...


def unwatched(call: str) -> AbstractContextManager[None]:  # noqa: ARG001
    """No watch."""
    return nullcontext()


def call_name(command: tuple[Any, ...]) -> str:
    """The name of what is sent: that of the script that it runs, or the command's."""
    match command:
        case ("EVALSHA" | "EVAL", script, *_):
            return SCRIPT_NAMES.get(script, "eval")
        case (name, *_):
            return str(name).lower()
    return "none"


def _reason(error: BaseException) -> str:
    """Why a call failed; empty where it did not.

    A call is cut off when all that is asked of the store has taken too long together.
    """
    if isinstance(error, TimeoutError | RedisTimeoutError | asyncio.CancelledError):
        return "timeout"
    if isinstance(error, RedisConnectionError | RedisClusterException | OSError):
        return "connection"
    if isinstance(error, HiredisError):
        return "" if str(error).startswith("NOSCRIPT") else "refused"
    refused = isinstance(error, RedisError) and not isinstance(error, NoScriptError)
    return "refused" if refused else ""


class _Timed:
    """One call."""

    __slots__ = ("_durations", "_faults", "_started")

    def __init__(self, durations: Series, faults: Any) -> None:
        self._durations = durations
        self._faults = faults

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        self._durations.observe(time.perf_counter() - self._started)
        if error is not None and (reason := _reason(error)):
            self._faults.labels(reason).inc()


class StoreWatch:
    """Times calls by their names, which are those of our own code and so are few."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._series: dict[str, Series] = {}

    def __call__(self, call: str) -> _Timed:
        """What one call is made within."""
        return _Timed(self.series_of(call), self._metrics.store_faults)

    @property
    def batches(self) -> Series:
        """How many calls of the hot path share one that is sent."""
        return self._metrics.store_batches

    def fault(self, error: Exception) -> None:
        """Count that a call over a pipe was not answered."""
        if reason := _reason(error):
            self._metrics.store_faults.labels(reason).inc()

    def series_of(self, call: str) -> Series:
        """How long calls of a name take."""
        if (series := self._series.get(call)) is None:
            series = self._series[call] = self._metrics.store_calls.labels(call)
        return series


def _traced(watch: Watch, tracing: Tracing) -> Watch:
    @contextmanager
    def both(call: str) -> Iterator[None]:
        with tracing.store_call(call), watch(call):
            yield

    return both


def watch_store(client: object, metrics: Metrics, tracing: Tracing | None = None) -> None:
    """Have a client's calls and connections told in the metrics, and in traces if there are any."""
    if not isinstance(client, Watched):
        return
    watch = StoreWatch(metrics)
    client.timed = _traced(watch, tracing) if tracing else watch
    connections, limit = metrics.store_connections, metrics.store_connections_limit
    connections.labels("in_use").set_function(lambda: client.connections().in_use)
    connections.labels("idle").set_function(lambda: client.connections().idle)
    limit.set_function(lambda: client.connections().limit)

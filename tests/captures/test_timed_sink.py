"""What the metrics tell of sinks, of closes that fail, and of what the sweeper meets."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.captures.sink import SinkError
from app.captures.sweeper import Sweeper
from app.captures.timed_sink import TimedSink, sink_name
from app.errors import ApiError
from app.telemetry.metrics import Metrics
from tests.captures.conftest import ORG, TTL, House
from tests.captures.failing_sink import FailingSink
from tests.captures.test_sweeper import let_lapse


def counted(metric: Any) -> dict[tuple[str, ...], float]:
    """What a metric has counted, by its labels."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in metric.collect()
        for sample in family.samples
        if sample.value and sample.name.endswith(("_total", "_count"))
    }


async def pieces(failure: Exception | None = None) -> AsyncIterator[bytes]:
    """Four bytes, and then perhaps a failure."""
    yield b"case"
    if failure:
        raise failure


async def test_a_write_is_timed_by_how_it_ended(tmp_path: Path) -> None:
    """Whole, refused by the destination, or broken by its own stream."""
    metrics, inner = Metrics(), FailingSink()
    sink, path = TimedSink(inner, metrics), str(tmp_path / "case.json")
    assert await sink.write(path, pieces()) == 4
    with pytest.raises(RuntimeError):
        await sink.write(path, pieces(RuntimeError("no more")))
    inner.refuses = True
    with pytest.raises(SinkError):
        await sink.write(path, pieces())
    assert counted(metrics.sink_writes) == {
        ("file", "ok"): 1,
        ("file", "broken"): 1,
        ("file", "refused"): 1,
    }
    assert counted(metrics.sink_bytes) == {("file",): 4}


@pytest.mark.parametrize(
    ("path", "name"),
    [("/cases/x.json", "file"), ("s3://b/x", "s3"), ("gs://b/x", "gs"), ("azblob://b/x", "azblob")],
)
def test_a_sink_is_named_by_its_scheme(path: str, name: str) -> None:
    """Not by its bucket, of which there may be many."""
    assert sink_name(path) == name


async def test_a_close_that_is_refused_is_counted_as_that(house: House) -> None:
    """And one that succeeds afterwards as a capture."""
    session_id = await house.captured(1)
    house.sink.refuses = True
    with pytest.raises(ApiError):
        await house.closer.close(ORG, session_id)
    house.sink.refuses = False
    await house.closer.close(ORG, session_id)
    assert counted(house.metrics.closes) == {("refused",): 1, ("captured",): 1}


async def test_the_sweeper_counts_what_became_of_each_session(house: House) -> None:
    """Written, refused, and ended meanwhile."""
    sweeper = Sweeper(house.closer, house.sessions.index, TTL, house.metrics)
    await let_lapse(house, await house.captured(1))
    await sweeper.sweep()
    house.sink.refuses = True
    await let_lapse(house, await house.captured(1))
    await house.sessions.index.reschedule(ORG, "sess_01KPMF6MR0ZQ4V8T2N6C1D9HXE", -1)
    await sweeper.sweep()
    assert counted(house.metrics.sweeper_sessions) == {
        ("captured",): 1,
        ("refused",): 1,
        ("removed",): 1,
    }

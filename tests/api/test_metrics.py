"""A scrape, read by the official parsers: all that the reference names, and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import parser
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics_parser

from app.telemetry.metric_table import METRICS, MetricKind
from tests.api.otlp import UNKNOWN_SESSION, ask, hop, mock, mocked, observed, upload
from tests.servers import Replica, Valkey, wait_until

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def scraped(replica: Replica) -> list[Metric]:
    """Every family of a scrape."""
    return list(parser.text_string_to_metric_families(replica.get("/metrics").body.decode()))


def values(replica: Replica, name: str) -> dict[tuple[str, ...], float]:
    """The values of one name, by those of its labels in the order of the table."""
    labels = METRICS[name.removesuffix("_count")].labels
    return {
        tuple(sample.labels[label] for label in labels): sample.value
        for family in scraped(replica)
        for sample in family.samples
        if sample.name == name
    }


def ours(families: list[Metric]) -> dict[str, Metric]:
    """The families that are not those of every Python process, by the names of the table."""
    named = (
        (f"{family.name}_total" if family.type == "counter" else family.name, family)
        for family in families
    )
    return {name: family for name, family in named if not name.startswith(("process_", "python_"))}


@pytest.fixture(scope="module")
def used(house: Path, store: Valkey) -> Iterator[Replica]:
    """A replica of its own that has done a bit of everything."""
    with Replica(house, store_url=store.url, session_ttl="3s") as replica:
        session_id = mocked(replica, mock({"path": "/hit"}, body="x"))
        ask(replica, session_id, hop(path="/hit"))
        ask(replica, UNKNOWN_SESSION, hop())
        capture = replica.create("capture")
        upload(replica, observed(capture))
        for closed in (capture, capture, session_id, UNKNOWN_SESSION):
            replica.post(f"/v1/sessions/{closed}/close")
        replica.get("/v1/nowhere-at-all")
        replica.call("PROPFIND", "/v1/sessions")
        yield replica


def _kind(name: str, kind: MetricKind) -> str:
    if kind.buckets:
        return "histogram"
    return "counter" if name.endswith("_total") else "gauge"


def test_every_metric_is_in_the_table_with_its_type_and_meaning(used: Replica) -> None:
    """And the other way round; the reference's table is made from the same one."""
    found = {
        name: (family.type, family.documentation) for name, family in ours(scraped(used)).items()
    }
    assert found == {name: (_kind(name, kind), kind.help) for name, kind in METRICS.items()}


def test_openmetrics_is_spoken_to_who_asks_for_it(used: Replica) -> None:
    """Its own strict parser reads it, and finds the same families."""
    answer = used.get("/metrics", headers={"accept": OPENMETRICS})
    assert answer.headers["content-type"].startswith(OPENMETRICS)
    text = answer.body.decode()
    families = openmetrics_parser.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    assert set(ours(list(families))) == set(METRICS)


def _is_listed(value: str, listed: tuple[str, ...]) -> bool:
    return value in listed or any(entry.startswith("~") for entry in listed)


def test_labels_and_their_values_are_those_of_the_table(used: Replica) -> None:
    """Each series has what the table lists, besides the bounds of buckets."""
    for name, family in ours(scraped(used)).items():
        for sample in family.samples:
            labels = {label: value for label, value in sample.labels.items() if label != "le"}
            assert set(labels) == set(METRICS[name].labels), sample
            assert all(_is_listed(v, METRICS[name].labels[k]) for k, v in labels.items()), sample


def test_requests_are_timed_by_template_and_never_by_path(used: Replica) -> None:
    """A path that no route has is `none`, a method that HTTP does not know is `other`."""
    counts = values(used, "softprobe_http_request_duration_seconds_count")
    assert counts["POST", "/v1/sessions", "201"] == 2
    assert counts["POST", "/v1/inject", "200"] == 1
    assert counts["POST", "/v1/inject", "404"] == 1
    assert counts["POST", "/v1/traces", "200"] == 1
    assert counts["POST", "/v1/sessions/{session_id}/close", "409"] == 1
    assert counts["GET", "none", "404"] == 1
    assert [count for (method, *_), count in counts.items() if method == "other"] == [1]
    assert "sess_" not in used.get("/metrics").body.decode()


def test_the_request_that_scrapes_is_in_progress(used: Replica) -> None:
    """And no other one any more."""
    assert values(used, "softprobe_http_requests_in_progress") == {(): 1}


def test_the_store_is_timed_by_script_and_command(used: Replica) -> None:
    """Under the names that the scripts have.

    One that the store has not seen yet is sent twice, and before that perhaps over a pipe.
    """
    counts = values(used, "softprobe_store_call_duration_seconds_count")
    assert counts["create_session",] in (2, 3)
    assert counts["append_spans",] in (1, 2, 3)
    assert counts["begin_close",] in (4, 5)
    assert counts["pipeline",] > 0
    assert ("eval",) not in counts


def test_the_pool_is_told(used: Replica) -> None:
    """What is in use and idle, and how much there may be."""
    assert sum(values(used, "softprobe_store_connections").values()) >= 1
    assert values(used, "softprobe_store_connections_limit") == {(): 64}


def test_closes_are_counted_by_how_they_ended(used: Replica) -> None:
    """A capture, a second close of it, a replay session, and one that nobody knows."""
    results = values(used, "softprobe_closes_total")
    assert {result: count for (result,), count in results.items() if count} == {
        "captured": 1,
        "conflict": 1,
        "discarded": 1,
        "not_found": 1,
    }
    assert values(used, "softprobe_close_duration_seconds_count") == {(): 4}


def test_case_files_are_timed_by_their_sink(used: Replica) -> None:
    """With the bytes that they have."""
    assert values(used, "softprobe_sink_write_duration_seconds_count") == {("file", "ok"): 1}
    assert values(used, "softprobe_sink_written_bytes_total")["file",] > 100


def test_the_sweeper_tells_of_its_rounds(used: Replica) -> None:
    """How many, and when the last one was."""
    done: Any = wait_until(lambda: values(used, "softprobe_sweeper_rounds_total")["done",], "one")
    assert done >= 1
    assert values(used, "softprobe_sweeper_last_round_timestamp_seconds")[()] > 1e9


def test_the_build_is_told(used: Replica) -> None:
    """By the version that `/health` gives."""
    version = used.get("/health").json()["version"]
    assert [labels[0] for labels in values(used, "softprobe_build_info")] == [version]

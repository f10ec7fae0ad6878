"""The one table of metrics: names and units as Prometheus's guide has them, and bounded labels."""

from collections.abc import Mapping
from typing import NamedTuple

from app.quotas.limits import QUOTAS

# A hop's decision is to take under 1 ms; the buckets see well below and beyond that, in seconds.
LATENCY_BUCKETS = (
    0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
)  # fmt: skip
# How many connections a proxy keeps busy at once, in calls.
BATCH_BUCKETS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
# A close writes a file, waits for another close or for its turn, in seconds.
WRITE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
# A call may do both, in seconds.
CALL_BUCKETS = (*LATENCY_BUCKETS, 5.0, 10.0, 30.0, 60.0)

CLOSES = (
    "captured", "discarded", "refused", "conflict", "not_found", "unavailable", "error",
)  # fmt: skip
# Beside the quotas, what else an organisation may have too much of.
CONCURRENCY = "concurrency"
SINKS = ("file", "s3", "gs", "azblob")


class MetricKind(NamedTuple):
    """One row of the table.

    help: one sentence, for scrapers and for the documentation.
    labels: each with the values that it takes, or with a description of them that starts with `~`.
    buckets: a histogram's upper bounds; none for counters, which end in `_total`, and gauges.
    """

    help: str
    labels: Mapping[str, tuple[str, ...]] = {}
    buckets: tuple[float, ...] = ()


METRICS: Mapping[str, MetricKind] = {
    "softprobe_build_info": MetricKind(
        "Always 1; its labels say what runs.",
        {"version": ("~the runtime's",), "python": ("~Python's",)},
    ),
    "softprobe_http_request_duration_seconds": MetricKind(
        "Time from a request's head to the end of its answer.",
        {
            "method": ("~the method", "other"),
            "route": ("~the route's template, such as `/v1/sessions/{session_id}`", "none"),
            "status": ("~three digits", "gone"),
        },
        CALL_BUCKETS,
    ),
    "softprobe_http_requests_in_progress": MetricKind("Requests that are being served."),
    "softprobe_sessions_total": MetricKind(
        "Sessions created.", {"mode": ("capture", "replay", "generate")}
    ),
    "softprobe_inject_requests_total": MetricKind(
        "Inject calls by what they answered.", {"result": ("hit", "miss", "strict_miss", "error")}
    ),
    "softprobe_inject_latency_seconds": MetricKind(
        "Time from an inject call's arrival to its answer.", buckets=LATENCY_BUCKETS
    ),
    "softprobe_extract_spans_total": MetricKind("Observed spans that were kept."),
    "softprobe_extract_bytes_total": MetricKind("Bytes of uploads that were kept, inflated."),
    "softprobe_compiled_rules_total": MetricKind(
        "Inject calls and uploads by whether their session's rules were compiled already.",
        {"result": ("hit", "miss")},
    ),
    "softprobe_compiled_rules_bytes": MetricKind(
        "About how much memory the compiled rule sets take that are kept."
    ),
    "softprobe_compiled_rules_evictions_total": MetricKind(
        "Sessions whose compiled rules made room for those of others."
    ),
    "softprobe_store_call_duration_seconds": MetricKind(
        "Time that the store took to answer, the wait for a free connection included.",
        {"call": ("~a script's name, such as `take_recording`, or a command's", "pipeline")},
        LATENCY_BUCKETS,
    ),
    "softprobe_store_batch_calls": MetricKind(
        "How many calls of the hot path shared one to the store within a turn.",
        buckets=BATCH_BUCKETS,
    ),
    "softprobe_store_faults_total": MetricKind(
        "Calls to the store that failed: no answer in time, no connection, or refused.",
        {"reason": ("timeout", "connection", "refused")},
    ),
    "softprobe_store_connections": MetricKind(
        "Connections to the store.", {"state": ("in_use", "idle")}
    ),
    "softprobe_store_connections_limit": MetricKind(
        "How many connections to the store there may be."
    ),
    "softprobe_closes_total": MetricKind(
        "Closes that callers asked for, by how they ended; `refused` is by the destination.",
        {"result": CLOSES},
    ),
    "softprobe_close_duration_seconds": MetricKind(
        "Time that a caller's close took, however it ended.", buckets=WRITE_BUCKETS
    ),
    "softprobe_quota_refusals_total": MetricKind(
        "Creates, uploads and other calls that a quota refused, wholly or in part; `concurrency` "
        "is the bound of one organisation's calls at once on a replica.",
        {"quota": (*QUOTAS, CONCURRENCY)},
    ),
    "softprobe_sweeper_rounds_total": MetricKind(
        "Rounds of the sweeper; one is interrupted by a fault of the store.",
        {"result": ("done", "interrupted", "failed")},
    ),
    "softprobe_sweeper_sessions_total": MetricKind(
        "Sessions that the sweeper looked at: case written, not due yet, refused by the "
        "destination, failed otherwise, or found ended.",
        {"result": ("captured", "postponed", "refused", "failed", "removed")},
    ),
    "softprobe_sweeper_last_round_timestamp_seconds": MetricKind(
        "Unix time of the sweeper's last whole round; 0 before the first."
    ),
    "softprobe_sink_write_duration_seconds": MetricKind(
        "Time that writing a case file took; `broken`: its stream failed, not its destination.",
        {"sink": SINKS, "result": ("ok", "refused", "broken")},
        WRITE_BUCKETS,
    ),
    "softprobe_sink_written_bytes_total": MetricKind("Bytes of case files.", {"sink": SINKS}),
}

"""Metrics and log lines, as reference.md names them."""

import json
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.api import otlp, wire
from tests.api.otlp import UNKNOWN_SESSION, ask, hop, mock, mocked, observed, upload
from tests.servers import Replica, wait_until
from tests.unit.otlp import payloads


def samples(replica: Replica) -> dict[tuple[str, str], float]:
    """Every sample by its name and its labels' values."""
    answer = replica.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }


def growth(
    before: dict[tuple[str, str], float], replica: Replica, *names: str
) -> dict[tuple[str, str], float]:
    """By how much the samples of these names have grown, those that have."""
    return {
        key: value - before.get(key, 0)
        for key, value in samples(replica).items()
        if key[0] in names and value != before.get(key, 0)
    }


def test_sessions_are_counted_by_mode(runtime: Replica) -> None:
    """A refused one is not."""
    before = samples(runtime)
    for mode in ("capture", "replay", "replay", "generate"):
        runtime.create(mode)
    runtime.post("/v1/sessions", {"mode": "x"})
    name = "softprobe_sessions_total"
    assert growth(before, runtime, name) == {
        (name, "capture"): 1,
        (name, "replay"): 2,
        (name, "generate"): 1,
    }


def test_inject_calls_are_counted_by_result_and_timed(runtime: Replica) -> None:
    """A hit, two misses, a strict miss and an error."""
    rule = mock({"path": "/hit"}, body="x")
    session_id = mocked(runtime, rule)
    strict = mocked(runtime, rule, policy={"externalHttp": "strict"})
    before = samples(runtime)
    ask(runtime, session_id, hop(path="/hit"))
    ask(runtime, session_id, hop(path="/miss"))
    ask(runtime, UNKNOWN_SESSION, hop())
    ask(runtime, strict, hop(path="/blocked"))
    otlp.send(runtime, "/v1/inject", b"{")
    name = "softprobe_inject_requests_total"
    assert growth(before, runtime, name) == {
        (name, "hit"): 1,
        (name, "miss"): 2,
        (name, "strict_miss"): 1,
        (name, "error"): 1,
    }
    timed = "softprobe_inject_latency_seconds_count"
    assert growth(before, runtime, timed) == {(timed, ""): 5}


def test_kept_spans_and_their_bytes_are_counted_once(runtime: Replica) -> None:
    """What was refused or kept before is not."""
    session_id = runtime.create("capture")
    span, unmarked = observed(session_id), payloads.span({}, **otlp.fresh_ids())
    before = samples(runtime)
    size = len(otlp.encoded(payloads.traces(span, unmarked), otlp.JSON))
    for _ in range(2):
        assert otlp.export_result(upload(runtime, span, unmarked))[0] == 1
    spans, octets = "softprobe_extract_spans_total", "softprobe_extract_bytes_total"
    assert growth(before, runtime, spans, octets) == {(spans, ""): 1, (octets, ""): size}


def lines(replica: Replica) -> list[dict[str, Any]]:
    """The log's JSON lines; the one line for people is no JSON."""
    text = replica.log.read_text()
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def requests(replica: Replica, session_id: str) -> list[dict[str, Any]]:
    """The log lines of the calls on a session."""
    return [line for line in lines(replica) if line.get("sp.session.id") == session_id]


def test_each_call_has_a_json_line_with_what_settings_promise(runtime: Replica) -> None:
    """Session, organisation, route, status and duration; nothing of the body."""
    session_id = mocked(runtime)
    ask(runtime, session_id, hop(path="/not-in-the-log"))
    upload(runtime, observed(session_id, {"k": "not-in-the-log"}))
    runtime.get(f"/v1/sessions/{session_id}/stats")
    runtime.post(f"/v1/sessions/{session_id}/rules", b"{")
    expected = [
        ("POST", "/v1/sessions", 201),
        ("POST", "/v1/sessions/{session_id}/rules", 200),
        ("POST", "/v1/inject", 200),
        ("POST", "/v1/traces", 200),
        ("GET", "/v1/sessions/{session_id}/stats", 200),
        ("POST", "/v1/sessions/{session_id}/rules", 400),
    ]
    found = wait_until(
        lambda: len(requests(runtime, session_id)) >= 6 and requests(runtime, session_id), "lines"
    )
    assert [(line["method"], line["route"], line["status"]) for line in found] == expected
    for line in found:
        assert (line["event"], line["org"], line["level"]) == ("request", "default", "info")
        assert isinstance(line["duration_ms"], float)
    assert "not-in-the-log" not in runtime.log.read_text()


@pytest.mark.parametrize("path", [b"/v1/sessions", b"/v1/traces"])
def test_a_client_that_leaves_within_its_body_is_no_error(runtime: Replica, path: bytes) -> None:
    """Its line says so; nothing was answered and nothing is a bug."""

    def left() -> int:
        return [line.get("status") for line in lines(runtime)].count("client gone")

    before, bugs = left(), runtime.log.read_text().count("internal error")
    head = b"content-type: application/json\r\ncontent-length: 1000\r\n"
    wire.send_and_leave(runtime, wire.request("POST", path, head) + b"{")
    wait_until(lambda: left() == before + 1, "the line")
    assert runtime.log.read_text().count("internal error") == bugs


def test_a_call_without_a_route_is_logged_without_its_path(runtime: Replica) -> None:
    """A path may hold anything."""
    assert runtime.get("/v1/some-secret-path").status == 404
    wait_until(lambda: lines(runtime)[-1].get("status") == 404, "the line")
    assert "some-secret-path" not in runtime.log.read_text()

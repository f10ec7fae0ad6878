"""`POST /v1/traces`: what is kept, what is refused for good, and what the file has in the end."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from app.otlp.media import Media
from tests.api import otlp
from tests.api.otlp import (
    JSON,
    MEDIA,
    PROTOBUF,
    UNKNOWN_SESSION,
    export_result,
    observed,
    send,
    upload,
)
from tests.api.schemas import assert_valid
from tests.api.test_inject import assert_refused
from tests.servers import Replica, Valkey
from tests.unit.otlp import payloads

EVERY_MEDIUM = pytest.mark.parametrize("media", MEDIA, ids=["json", "protobuf"])
STATUS, BODY = "http.response.status_code", "http.request.body"


def case_of(replica: Replica, session_id: str) -> Any:
    """Close a capture session and read its case, which our own call must take back."""
    closed = replica.post(f"/v1/sessions/{session_id}/close")
    assert closed.status == 200, closed.body
    answer = replica.get(f"/v1/captures/{session_id}")
    assert_valid("case.schema.json", answer.json())
    assert len(answer.json()["traces"]) == closed.json()["traceCount"]
    loaded = replica.post(f"/v1/sessions/{replica.create('replay')}/load-case", answer.body)
    assert (loaded.status, loaded.json()["traceCount"]) == (200, closed.json()["traceCount"])
    return answer.json()


def spans_of(case: Any) -> list[dict[str, Any]]:
    """The one span of each trace of a case."""
    return [trace["resourceSpans"][0]["scopeSpans"][0]["spans"][0] for trace in case["traces"]]


def attributes_of(span: dict[str, Any]) -> dict[str, Any]:
    """A span's attributes by key, their values as OTLP JSON has them."""
    return {pair["key"]: pair["value"] for pair in span["attributes"]}


@EVERY_MEDIUM
def test_what_was_kept_is_in_the_file_in_the_order_of_arrival(
    runtime: Replica, media: Media
) -> None:
    """Each with its resource and scope, in a case that loads back."""
    session_id = runtime.create("capture")
    sent = [observed(session_id, {"n": n, STATUS: 200}) for n in range(5)]
    for span in sent:
        answer = send(
            runtime, "/v1/traces", payloads.traces(span, resource={"service.name": "web"}), media
        )
        assert answer.headers["content-type"] == media.content_type
        assert export_result(answer) == (0, "")
    case = case_of(runtime, session_id)
    assert (case["version"], case["caseId"], case["mode"]) == ("1.0.0", session_id, "capture")
    assert [span["spanId"] for span in spans_of(case)] == [span.span_id.hex() for span in sent]
    resources = [trace["resourceSpans"][0]["resource"] for trace in case["traces"]]
    assert attributes_of(resources[0])["service.name"] == {"stringValue": "web"}
    assert [attributes_of(span)["n"] for span in spans_of(case)] == [
        {"intValue": str(n)} for n in range(5)
    ]


@EVERY_MEDIUM
def test_all_kept_leaves_partial_success_unset(runtime: Replica, media: Media) -> None:
    """The answer is the empty message."""
    answer = upload(runtime, observed(runtime.create("replay")), media=media)
    assert answer.body == (b"{}" if media is JSON else b"")


@EVERY_MEDIUM
def test_an_empty_request_is_200(runtime: Replica, media: Media) -> None:
    """No resource, or resources without spans."""
    for payload in (TracesData(), payloads.traces()):
        assert export_result(send(runtime, "/v1/traces", payload, media)) == (0, "")


@EVERY_MEDIUM
def test_a_payload_may_mix_sessions_and_loses_only_what_cannot_be_kept(
    runtime: Replica, media: Media
) -> None:
    """Each refusal is counted and explained, the rest is kept where it belongs."""
    one, two = runtime.create("capture"), runtime.create("replay")
    answer = upload(
        runtime,
        observed(one),
        observed(two),
        observed(UNKNOWN_SESSION),
        observed("nonsense"),
        observed(one, span_id=b"short"),
        observed(one, trace_id=bytes(16)),
        payloads.span({"sp.session.id": one}, **otlp.fresh_ids()),
        payloads.span({"sp.span.type": "inject", "sp.session.id": one}, **otlp.fresh_ids()),
        observed(one),
        media=media,
    )
    rejected, message = export_result(answer)
    assert rejected == 6
    assert "2 refused: session unknown or closed" in message
    assert "2 refused: needs a trace id of 32 and a span id of 16 hex digits" in message
    assert "2 refused: not marked" in message
    assert otlp.stats(runtime, one)["extractedSpans"] == 2
    assert otlp.stats(runtime, two)["extractedSpans"] == 1
    assert len(case_of(runtime, one)["traces"]) == 2


@EVERY_MEDIUM
def test_all_spans_of_unknown_or_closed_sessions_are_404(runtime: Replica, media: Media) -> None:
    """The message speaks of the spans, not of a session without a name."""
    closed = runtime.create("capture")
    runtime.post(f"/v1/sessions/{closed}/close")
    for session_ids in ([UNKNOWN_SESSION], [closed, UNKNOWN_SESSION], ["nonsense"], [""]):
        answer = upload(runtime, *map(observed, session_ids), media=media)
        assert_refused(answer, 404, "session_not_found")
        assert b"no span was kept" in answer.body
        assert b"''" not in answer.body


@EVERY_MEDIUM
def test_the_session_may_stand_in_the_resource(runtime: Replica, media: Media) -> None:
    """The span's own word counts first."""
    one, two = runtime.create("replay"), runtime.create("replay")
    bare = payloads.span({"sp.span.type": "extract"}, **otlp.fresh_ids())
    payload = payloads.traces(bare, observed(two), resource={"sp.session.id": one})
    assert export_result(send(runtime, "/v1/traces", payload, media)) == (0, "")
    assert otlp.stats(runtime, one)["extractedSpans"] == 1
    assert otlp.stats(runtime, two)["extractedSpans"] == 1


@EVERY_MEDIUM
def test_a_retried_upload_is_kept_and_counted_once(runtime: Replica, media: Media) -> None:
    """Whole, in part, within one payload, and in the other medium."""
    session_id = runtime.create("capture")
    spans = [observed(session_id) for _ in range(3)]
    other = PROTOBUF if media is JSON else JSON
    for batch, kind in ((spans, media), (spans, other), ([*spans[:1], *spans], media)):
        assert export_result(upload(runtime, *batch, media=kind)) == (0, "")
    assert otlp.stats(runtime, session_id)["extractedSpans"] == 3
    assert len(case_of(runtime, session_id)["traces"]) == 3


def test_the_same_span_id_in_another_trace_is_another_span(runtime: Replica) -> None:
    """Both ids make the identity."""
    session_id = runtime.create("capture")
    ids = otlp.fresh_ids()
    spans = [observed(session_id, span_id=ids["span_id"]) for _ in range(2)]
    assert export_result(upload(runtime, *spans)) == (0, "")
    assert otlp.stats(runtime, session_id)["extractedSpans"] == 2


@EVERY_MEDIUM
@pytest.mark.parametrize("mode", ["replay", "generate"])
def test_other_modes_count_spans_only(runtime: Replica, mode: str, media: Media) -> None:
    """Once each, and their close writes nothing."""
    session_id = runtime.create(mode)
    span = observed(session_id)
    for _ in range(2):
        assert export_result(upload(runtime, span, media=media)) == (0, "")
    assert otlp.stats(runtime, session_id)["extractedSpans"] == 1
    closed = runtime.post(f"/v1/sessions/{session_id}/close").json()
    assert closed == {"sessionId": session_id, "closed": True, "traceCount": 0}


@EVERY_MEDIUM
def test_an_upload_may_be_gzipped(runtime: Replica, media: Media) -> None:
    """As exporters do."""
    session_id = runtime.create("capture")
    body = gzip.compress(otlp.encoded(payloads.traces(observed(session_id)), media))
    answer = send(runtime, "/v1/traces", body, media, {"content-encoding": "gzip"})
    assert export_result(answer) == (0, "")


def test_traces_answers_in_the_requests_medium_whatever_it_accepts(runtime: Replica) -> None:
    """OTLP/HTTP says so."""
    accepts = {"accept": "application/json"}
    answer = send(runtime, "/v1/traces", TracesData(), PROTOBUF, accepts)
    assert answer.headers["content-type"] == PROTOBUF.content_type


def test_unknown_fields_are_ignored_and_ids_are_lower_case_hex(runtime: Replica) -> None:
    """Upper-case hex and both forms of an enum are read; what is unknown is left out."""
    session_id = runtime.create("capture")
    document = json.loads(otlp.encoded(payloads.traces(observed(session_id)), JSON))
    span = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span |= {"traceId": "0AF7651916CD43DD8448EB211C80319C", "kind": "SPAN_KIND_CLIENT"}
    span |= {"newerField": 1, "startTimeUnixNano": 5}
    document["newer"] = {"x": 1}
    assert export_result(send(runtime, "/v1/traces", json.dumps(document).encode())) == (0, "")
    [kept] = spans_of(case_of(runtime, session_id))
    assert kept["traceId"] == "0af7651916cd43dd8448eb211c80319c"
    assert (kept["kind"], kept["startTimeUnixNano"]) == (3, "5")
    assert "newerField" not in kept


@EVERY_MEDIUM
def test_a_body_that_is_not_text_is_kept_as_its_bytes_in_each_form(
    runtime: Replica, media: Media
) -> None:
    """As `bytesValue` and as base64 in a string; no U+FFFD anywhere in the file."""
    octets = b"\xff\xfe\x00A\xc7("
    session_id = runtime.create("capture")
    encoding = {BODY: "//4AQcco", f"{BODY}.encoding": "base64"}
    hop = otlp.hop("POST", "/v1/avatar") | {STATUS: 201}
    spans = [observed(session_id, hop | {BODY: octets}), observed(session_id, hop | encoding)]
    assert export_result(upload(runtime, *spans, media=media)) == (0, "")
    case = case_of(runtime, session_id)
    first, second = map(attributes_of, spans_of(case))
    assert first[BODY] == {"bytesValue": "//4AQcco"}
    assert second[BODY] == {"stringValue": "//4AQcco"}
    assert second[f"{BODY}.encoding"] == {"stringValue": "base64"}
    assert "\ufffd" not in json.dumps(case, ensure_ascii=False)


@EVERY_MEDIUM
def test_two_cookies_and_a_length_are_recorded_as_they_were(runtime: Replica, media: Media) -> None:
    """As an array in order; the length stays in the file."""
    cookies = ["a=1; Path=/", "b=2; Expires=Wed, 09 Jun 2027 10:18:14 GMT; Path=/"]
    session_id = runtime.create("capture")
    headers = {"http.response.header.set-cookie": cookies, STATUS: 200}
    headers |= {"http.response.header.content-length": "44"}
    upload(runtime, observed(session_id, headers), media=media)
    [span] = spans_of(case_of(runtime, session_id))
    values = [{"stringValue": cookie} for cookie in cookies]
    found = attributes_of(span)
    assert found["http.response.header.set-cookie"] == {"arrayValue": {"values": values}}
    assert found["http.response.header.content-length"] == {"stringValue": "44"}


@pytest.mark.parametrize(
    ("ids", "kind", "status"),
    [
        (("CvdlGRbNQ92ESOshHIAxnA==", "t61rcWkgMzE="), "SPAN_KIND_CLIENT", {"intValue": "200"}),
        (("0AF7651916CD43DD8448EB211C80319C", "B7AD6B7169203331"), 3, {"intValue": 200}),
        (("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"), 3, {"stringValue": "200"}),
    ],
)
def test_a_case_of_another_tool_loads_as_it_is(
    runtime: Replica, ids: tuple[str, str], kind: object, status: object
) -> None:
    """Ids in base64 or hex, enums as names or numbers, integers as strings, pseudo-headers."""
    attributes = [
        {"key": STATUS, "value": status},
        {"key": "http.request.header.:method", "value": {"stringValue": "GET"}},
        {"key": "http.response.header.:status", "value": {"stringValue": "200"}},
    ]
    span = {"traceId": ids[0], "spanId": ids[1], "kind": kind, "attributes": attributes}
    trace = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    case = {"version": "1.0.0", "caseId": "other tool", "traces": [trace]}
    answer = runtime.post(f"/v1/sessions/{runtime.create('replay')}/load-case", case)
    assert (answer.status, answer.json()["traceCount"]) == (200, 1)


@pytest.fixture(scope="module")
def narrow(store: Valkey, house: Path) -> Iterator[Replica]:
    """A replica whose sessions may buffer 4,000 bytes."""
    with Replica(house, store_url=store.url, max_capture_bytes="4000") as replica:
        yield replica


def heavy(session_id: str, size: int) -> Span:
    """A span of about so many bytes."""
    return observed(session_id, {"k": "x" * size})


@EVERY_MEDIUM
def test_spans_over_the_capture_limit_are_refused_in_partial_success(
    narrow: Replica, media: Media
) -> None:
    """What is under it is kept, and the file has just that."""
    session_id = narrow.create("capture")
    spans = [heavy(session_id, 1500) for _ in range(4)]
    rejected, message = export_result(upload(narrow, *spans, media=media))
    assert (rejected, message) == (2, "2 refused: over the session's capture limit")
    assert export_result(upload(narrow, heavy(session_id, 1500), media=media))[0] == 1
    assert export_result(upload(narrow, *spans[:2], media=media)) == (0, "")
    assert otlp.stats(narrow, session_id)["extractedSpans"] == 2
    assert len(case_of(narrow, session_id)["traces"]) == 2


def test_a_shared_resource_counts_for_each_span_against_the_limit(narrow: Replica) -> None:
    """It is kept with each of them."""
    session_id = narrow.create("capture")
    spans = [observed(session_id) for _ in range(10)]
    payload = payloads.traces(*spans, resource={"k": "x" * 1500})
    assert export_result(send(narrow, "/v1/traces", payload))[0] == 8
    assert len(case_of(narrow, session_id)["traces"]) == 2


def test_other_modes_count_spans_whatever_their_size(narrow: Replica) -> None:
    """They buffer nothing, so no limit of a capture is theirs."""
    for mode in ("replay", "generate"):
        session_id = narrow.create(mode)
        for size in (1500, 2 * 2**20):
            spans = [heavy(session_id, size) for _ in range(4)]
            assert export_result(upload(narrow, *spans)) == (0, "")
        assert otlp.stats(narrow, session_id)["extractedSpans"] == 8


@pytest.mark.parametrize("size", [1500, 3000])
def test_a_span_that_stands_twice_is_kept_once_whatever_the_limit(
    narrow: Replica, size: int
) -> None:
    """In one upload, beside another that just fits, and in a retry."""
    session_id = narrow.create("capture")
    first, second = heavy(session_id, size), heavy(session_id, 3500 - size)
    for _ in range(2):
        assert export_result(upload(narrow, first, first, first, second, second)) == (0, "")
    assert otlp.stats(narrow, session_id)["extractedSpans"] == 2
    assert len(case_of(narrow, session_id)["traces"]) == 2


def test_a_retry_of_much_is_accepted_over_the_limit(narrow: Replica) -> None:
    """What is not new counts for nothing, and what is too large is refused however much it is."""
    session_id = narrow.create("capture")
    small = heavy(session_id, 1500)
    assert export_result(upload(narrow, small)) == (0, "")
    resource = {"k": "x" * 3 * 2**20}
    payload = payloads.traces(small, observed(session_id), small, resource=resource)
    assert export_result(send(narrow, "/v1/traces", payload))[0] == 1
    assert otlp.stats(narrow, session_id)["extractedSpans"] == 1


def test_an_unknown_session_is_404_whatever_the_size(narrow: Replica) -> None:
    """The limit is that of a session."""
    closed = narrow.create("capture")
    narrow.post(f"/v1/sessions/{closed}/close")
    for session_id in (otlp.UNKNOWN_SESSION, closed):
        for size in (5000, 2 * 2**20):
            spans = [heavy(session_id, size) for _ in range(3)]
            assert upload(narrow, *spans).status == 404

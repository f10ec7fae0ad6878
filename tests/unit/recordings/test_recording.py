"""Recordings of a case: which spans are some, in what order, with which answers."""

import json
from typing import Any

import pytest

from app.errors import ApiError
from app.otlp.json_writer import json_bytes
from app.recordings.recording import recordings_of
from tests.unit.otlp.payloads import span, traces

STATUS, BODY = "http.response.status_code", "http.response.body"


def payload(*spans: dict[str, object]) -> Any:
    """A trace payload of spans with these attributes."""
    return json.loads(json_bytes(traces(*map(span, spans), resource={"service.name": "api"})))


def test_recordings_come_in_the_order_of_the_document() -> None:
    """Over all payloads and the spans in each."""
    case = [payload({STATUS: 201}, {STATUS: 202}), payload(), payload({STATUS: 203})]
    assert [answer.status for _, answer in recordings_of(case)] == [201, 202, 203]


def test_a_recording_has_the_hop_and_the_answer_of_its_span() -> None:
    """Read as on the wire."""
    held: dict[str, object] = {
        STATUS: "200",
        "http.request.method": "GET",
        "url.path": "/p",
        "http.response.body": "x",
    }
    [(hop, answer)] = recordings_of([payload(held)])
    assert (hop.method, hop.target, hop.service) == ("GET", "/p", "api")
    assert (answer.status, answer.body) == (200, b"x")


@pytest.mark.parametrize(
    "held",
    [
        {},
        {STATUS: "x"},
        {STATUS: 200, "sp.span.type": "inject"},
        {STATUS: 200, "sp.body.truncated": True},
    ],
)
def test_other_spans_are_no_recordings(held: dict[str, object]) -> None:
    """No status, a question, a truncated body."""
    assert list(recordings_of([payload(held)])) == []


def test_the_answer_to_head_has_no_body() -> None:
    """Though one was recorded."""
    held: dict[str, object] = {STATUS: 200, "http.request.method": "head", BODY: "x"}
    [(_, answer)] = recordings_of([payload(held)])
    assert answer.body == b""


def test_a_payload_that_otlp_cannot_read_is_refused_at_its_place() -> None:
    """By its index among the traces."""
    with pytest.raises(ApiError) as refused:
        list(recordings_of([payload(), {"resourceSpans": [{"scopeSpans": 1}]}]))
    assert refused.value.name == "invalid_body"
    assert refused.value.details[0].path == "/traces/1/resourceSpans/0/scopeSpans"

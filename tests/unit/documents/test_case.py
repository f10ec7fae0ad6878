from typing import Any

import pytest

from app.documents.case import check_case
from tests.unit.documents.refusals import mock, refused, rule, rules, text_of, told

HEX_IDS = {"traceId": "0AF7651916CD43DD8448EB211C80319C", "spanId": "B7AD6B7169203331"}
BASE64_IDS = {"traceId": "CvdlGRbNQ92ESOshHIAxnA==", "spanId": "t61rcWkgMzE="}


def _attribute(key: str, value: object) -> dict[str, Any]:
    return {"key": key, "value": value}


def _payload(*spans: object) -> dict[str, Any]:
    resource = {"attributes": [_attribute("service.name", {"stringValue": "api"})]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}


def _case(*spans: object, **changes: Any) -> dict[str, Any]:
    return {"version": "1.0.0", "caseId": "checkout", "traces": [_payload(*spans)]} | changes


def _span(**changes: Any) -> dict[str, Any]:
    return {**HEX_IDS, "attributes": []} | changes


@pytest.mark.parametrize(
    "span",
    [
        HEX_IDS,
        _span(kind=3, name="GET /", startTimeUnixNano="1776927363150714000", flags=257),
        _span(**BASE64_IDS, kind="SPAN_KIND_CLIENT", parentSpanId=""),
        _span(attributes=[_attribute("http.response.status_code", {"intValue": "200"})]),
        _span(attributes=[_attribute("http.response.status_code", {"intValue": 200})]),
        _span(attributes=[_attribute("http.response.status_code", {"stringValue": "200"})]),
        _span(attributes=[_attribute("http.request.header.:method", {"stringValue": "GET"})]),
        _span(attributes=[_attribute("http.response.header.:status", {"stringValue": "200"})]),
        _span(attributes=[_attribute("http.request.body", {"bytesValue": "//4AQcco"})]),
        _span(attributes=[_attribute("a", {"doubleValue": "NaN"}), _attribute("b", {})]),
        _span(attributes=[_attribute("a", {"arrayValue": {"values": [{"boolValue": True}, {}]}})]),
        _span(attributes=[_attribute("a", {"kvlistValue": {"values": [_attribute("b", None)]}})]),
        _span(attributes=None, kind=None, status={"code": "STATUS_CODE_OK"}, links=[], x={"y": 1}),
    ],
)
def test_files_of_other_tools_load_as_they_are(span: dict[str, Any]) -> None:
    """Ids in hex or base64, enums and integers in both forms, pseudo-headers, null for unset."""
    case = check_case(text_of(_case(span)))
    assert case.traces == [_payload(span)]
    assert (case.case_id, case.trace_count, case.rules) == ("checkout", 1, [])


def test_unknown_keys_are_kept() -> None:
    """On top and in the payloads."""
    document = _case(_span(x=1), tool={"name": "y"}, traces=[{"resource_spans": []}, {}])
    assert check_case(text_of(document)).document == document


@pytest.mark.parametrize(
    "members",
    [
        {"suite": "s", "mode": "capture", "createdAt": "2026-04-20T10:00:00Z", "fixtures": []},
        {"suite": None, "mode": None, "createdAt": None, "fixtures": None, "rules": None},
        {"fixtures": {"token": "x"}, "rules": []},
    ],
)
def test_what_is_optional_may_be_null(members: dict[str, Any]) -> None:
    """Writers in some languages have null for an empty list."""
    assert check_case(text_of(_case(**members))).rules == []


@pytest.mark.parametrize("embedded", [[mock(status=201)], rules(mock(status=201))])
def test_embedded_rules_come_as_an_array_or_as_a_whole_document(embedded: object) -> None:
    """Both are the same rules."""
    assert check_case(text_of(_case(rules=embedded))).rules == [mock(status=201)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"version": "1", "traces": []}, {"": "needs the key `caseId`"}),
        (_case(version=1), {"/version": "must be a string"}),
        (_case(caseId=None), {"/caseId": "must be a string"}),
        (_case(traces={}), {"/traces": "must be an array"}),
        (_case(traces=None), {"/traces": "must be an array"}),
        (_case(traces=[None]), {"/traces/0": "must be an object"}),
        (_case(suite=1), {"/suite": "must be a string or null"}),
        (_case(fixtures="x"), {"/fixtures": "must be an array or an object or null"}),
        (
            _case(traces=[{"resourceSpans": {}}]),
            {"/traces/0/resourceSpans": "must be an array or null"},
        ),
    ],
)
def test_a_bad_frame_is_invalid_body_at_its_place(
    document: dict[str, Any], expected: dict[str, str]
) -> None:
    """In a sentence that says what was expected there."""
    assert refused(check_case, document).name == "invalid_body"
    assert told(check_case, document) == expected


@pytest.mark.parametrize(
    ("span", "place", "message"),
    [
        ({"traceId": "00"}, "", "needs the key `spanId`"),
        ("x", "", "must be an object"),
        (_span(traceId=7), "/traceId", "must be a string"),
        (_span(kind=[]), "/kind", "must be an integer or a string or null"),
        (_span(attributes={}), "/attributes", "must be an array or null"),
        (_span(attributes=[{"value": {}}]), "/attributes/0", "needs the key `key`"),
        (
            _span(attributes=[_attribute("a", "b")]),
            "/attributes/0/value",
            "must be an object or null",
        ),
        (
            _span(attributes=[_attribute("a", {"intValue": 1.5})]),
            "/attributes/0/value/intValue",
            "must be an integer or a string or null",
        ),
        (
            _span(attributes=[_attribute("a", {"arrayValue": {"values": [{"stringValue": 1}]}})]),
            "/attributes/0/value/arrayValue/values/0/stringValue",
            "must be a string or null",
        ),
    ],
)
def test_a_bad_span_is_invalid_body_at_its_place(span: object, place: str, message: str) -> None:
    """However deep in its payload."""
    assert refused(check_case, _case(span)).name == "invalid_body"
    assert told(check_case, _case(span)) == {
        f"/traces/0/resourceSpans/0/scopeSpans/0/spans/0{place}": message
    }


@pytest.mark.parametrize(
    ("embedded", "expected"),
    [
        ("x", {"/rules": "must be an array or an object or null"}),
        ({}, {"/rules": "needs the key `rules`"}),
        ([rule(), 7], {"/rules/1": "must be an object"}),
        (rules(rule(), 7), {"/rules/rules/1": "must be an object"}),
        (rules() | {"version": 2}, {"/rules/version": "expected 1"}),
        ([rule(consume=1)], {"/rules/0/consume": 'expected one of "many", "once"'}),
    ],
)
def test_bad_embedded_rules_are_rule_validation_failed(
    embedded: object, expected: dict[str, str]
) -> None:
    """Their pointers begin at the case."""
    assert refused(check_case, _case(rules=embedded)).name == "rule_validation_failed"
    assert told(check_case, _case(rules=embedded)) == expected


def test_a_case_bad_in_both_ways_is_invalid_body() -> None:
    """Even where the first twenty violations are about the rules."""
    error = refused(check_case, {"rules": [7] * 30} | _case(caseId=7))
    assert error.name == "invalid_body"
    assert [detail.path for detail in error.details] == ["/caseId"]


def test_a_key_that_only_begins_with_rules_is_no_embedded_rule() -> None:
    """Pointers are compared by whole keys."""
    body = text_of(_case(rules=[]))[:-1] + rb',"rules2":{"a":"\ud83d"}}'
    assert refused(check_case, body).name == "invalid_body"


@pytest.mark.parametrize(
    ("members", "error", "place"),
    [
        (rb'"caseId":"\ud83d"', "invalid_body", "/caseId"),
        (rb'"caseId":"a","x":[{"stringValue":"\ud83d"}]', "invalid_body", "/x/0/stringValue"),
        (rb'"caseId":"a","\ud83d":1', "invalid_body", ""),
        (b'"caseId":"a","suite":"a","suite":"b"', "invalid_body", "/suite"),
        (rb'"caseId":"a","rules":[{"id":"\ud83d"}]', "rule_validation_failed", "/rules/0/id"),
        (b'"caseId":"a","rules":[{"id":"a","id":"a"}]', "rule_validation_failed", "/rules/0/id"),
        (b'"caseId":"a","rules":[],"rules":[]', "rule_validation_failed", "/rules"),
    ],
)
def test_half_an_emoji_and_a_key_that_stands_twice_are_refused_as_their_place_is(
    members: bytes, error: str, place: str
) -> None:
    """In the rules they break the rules, elsewhere the case."""
    found = refused(check_case, b'{"version":"1","traces":[],' + members + b"}")
    assert (found.name, [detail.path for detail in found.details]) == (error, [place])


def test_flaws_of_the_rules_hide_no_flaw_of_the_rest() -> None:
    """Half an emoji never reaches the validator, which cannot read it."""
    entries = b",".join([rb'"\ud83d"'] * 30)
    error = refused(check_case, b'{"rules":[' + entries + rb'],"caseId":"\ud83d"}')
    assert error.name == "invalid_body"
    assert [detail.path for detail in error.details] == ["/caseId"]


def test_a_bad_payload_is_found_behind_very_many_good_ones() -> None:
    """With its right index."""
    payload = _payload(_span(attributes=[_attribute("a", {"stringValue": "b"})] * 10))
    assert list(told(check_case, _case(traces=[payload] * 500 + [5]))) == ["/traces/500"]


def test_a_case_is_not_shown_by_its_representation() -> None:
    """It holds recorded headers and bodies and may end in a traceback."""
    assert "s3cr3t" not in repr(check_case(text_of(_case(fixtures=["s3cr3t"]))))

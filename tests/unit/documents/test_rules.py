from typing import Any

import pytest

from app.documents.rules import check_rules
from app.errors import MAX_DETAILS
from tests.unit.documents.refusals import (
    capture_only,
    delayed,
    first,
    mock,
    refused,
    rule,
    rules,
    text_of,
    told,
)

HOST = "must be a host such as `api.example.com`, without white space and without `/`"
BASE64 = "must be a string of padded base64 without line breaks, since `bodyEncoding` says so"
ONE_LINE = "must be a header value without CR, LF and NUL"
NO_HEADER = "is not an HTTP header name"
ANSWER_VALUE = "must be a string or an array of strings"
ASKED_VALUE = "must be a string or a non-empty array of strings"
EVERY_PREDICATE = {
    "direction": "outbound",
    "service": "web",
    "host": "API.example.com:8443",
    "hostSuffix": ".example.com",
    "notHostSuffix": [".internal", "localhost"],
    "method": "post",
    "path": "/v1/a%2Fb",
    "pathPrefix": "",
    "headers": {"X-A": "1", "accept": ["a", "b"], ":authority": "x", "x-empty": ""},
    "headerMatch": {"X-A": "^[0-9]+$", ":authority": ""},
    "bodyJsonPath": "$.items[?@.id == 1]",
    "bodyJsonPathEquals": {"$.a": 1, "$['b']": [None, {"c": 1.5}], "$": "x"},
    "traceTags": {"": True, "a b": None},
    "traceTagEquals": {"tenant.id": {"a": [1]}},
}


def _error(**error: Any) -> dict[str, Any]:
    return rule(then={"action": "error", "error": error})


@pytest.mark.parametrize(
    "entry",
    [
        rule(),
        rule(id="a", name="b", priority=-(2**53) + 1, consume="many"),
        rule(priority=1.0),
        rule(when=EVERY_PREDICATE),
        rule(when={"headerMatch": "X-Tenant"}),
        rule(when={"headerMatch": {}, "bodyJsonPathEquals": {}, "traceTags": {}}),
        rule(consume="once"),
        rule(then={"action": "replay"}),
        rule(then={"action": "replay", "ignore": {}}),
        rule(then={"action": "replay", "ignore": {"query": ["a", ""], "body": False}}),
        rule(then={"action": "replay", "ignore": {"bodyPaths": ["$.a"], "body": True}}),
        capture_only(redactHeaders=[]),
        capture_only(redactHeaders=["Authorization", "x-a"], redactBodyPaths=["$.a"]),
        *(delayed(delay) for delay in (0, 4000, 4000.0, {"min": 0, "max": 4000})),
        mock(),
        mock(status=200.0, headers={}, body=None),
        mock(status=599, headers={"Set-Cookie": ["a=1", "b=2"], ":status": "1", "x": []}, body=""),
        mock(body={"deep": [1, 1.5, 10**40, None, True]}, unknown={"x": [1]}),
        mock(body="QUJD", bodyEncoding="base64"),
        mock(body="//4AQcco", bodyEncoding="base64"),
        mock(body="QQ==", bodyEncoding="base64"),
        mock(body="", bodyEncoding="base64"),
        mock(bodyEncoding="base64"),
        _error(status=404, headers={"x": "1"}, body={"error": "x"}, unknown=1),
    ],
)
def test_a_valid_rule_is_taken(entry: dict[str, Any]) -> None:
    """With the version or without it; unknown keys in responses are kept."""
    assert check_rules(text_of(rules(entry))) == rules(entry)
    assert check_rules(text_of({"rules": [entry]})) == {"rules": [entry]}


def test_a_document_may_have_no_rules() -> None:
    """Posting it takes the session's rules away."""
    assert check_rules(text_of(rules())) == rules()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b"[NaN]"])
def test_what_is_no_json_object_is_invalid_body(body: bytes) -> None:
    """Only a JSON object can break the schema of rules."""
    assert refused(check_rules, body).name == "invalid_body"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, {"": "needs the key `rules`"}),
        ({"rules": {}}, {"/rules": "must be an array"}),
        ({"rules": [], "version": 2}, {"/version": "expected 1"}),
        ({"rules": [], "version": "1"}, {"/version": "expected 1"}),
        ({"rules": [], "version": None}, {"/version": "expected 1"}),
        ({"rules": [], "rule": 1}, {"/rule": "unknown key; known here: `version`, `rules`"}),
        ({"rules": [rule(), 7]}, {"/rules/1": "must be an object"}),
        ({"rules": [{"when": {}}]}, {"/rules/0": "needs the key `then`"}),
        ({"rules": [{"then": rule()["then"]}]}, {"/rules/0": "needs the key `when`"}),
    ],
)
def test_a_bad_document_is_rule_validation_failed_at_its_place(
    document: dict[str, Any], expected: dict[str, str]
) -> None:
    """A missing key at the object that lacks it, an unknown one at the key itself."""
    assert refused(check_rules, document).name == "rule_validation_failed"
    assert told(check_rules, document) == expected


@pytest.mark.parametrize(
    ("entry", "place", "message"),
    [
        (rule(id=7), "/id", "must be a string"),
        (rule(priority="high"), "/priority", "must be an integer"),
        (rule(priority=1.5), "/priority", "must be an integer"),
        (rule(priority=None), "/priority", "must be an integer"),
        (rule(priority=2**53), "/priority", "must be 9007199254740991 or less"),
        (rule(priority=-(10**30)), "/priority", "must be -9007199254740991 or more"),
        (rule(consume="twice"), "/consume", 'expected one of "many", "once"'),
        (rule(when=[]), "/when", "must be an object"),
        (
            rule(when={"direction": "up"}),
            "/when/direction",
            'expected one of "inbound", "outbound"',
        ),
        (rule(when={"service": None}), "/when/service", "must be a string"),
        (rule(when={"host": ""}), "/when/host", "must not be empty"),
        (rule(when={"host": "http://a"}), "/when/host", HOST),
        (rule(when={"hostSuffix": "a b"}), "/when/hostSuffix", HOST),
        (rule(when={"notHostSuffix": "a"}), "/when/notHostSuffix", "must be an array"),
        (rule(when={"notHostSuffix": ["a", 1]}), "/when/notHostSuffix/1", "must be a string"),
        (rule(when={"method": ""}), "/when/method", "must not be empty"),
        (rule(when={"path": 1}), "/when/path", "must be a string"),
        (rule(when={"headers": []}), "/when/headers", "must be an object"),
        (rule(when={"headers": {"a": 1}}), "/when/headers/a", ASKED_VALUE),
        (rule(when={"headers": {"a": []}}), "/when/headers/a", ASKED_VALUE),
        (rule(when={"headers": {"a": ["1", 1]}}), "/when/headers/a/1", "must be a string"),
        (rule(when={"headers": {"a b": "1"}}), "/when/headers/a b", NO_HEADER),
        (rule(then={}), "/then", "needs the key `action`"),
        (
            rule(then={"action": "Mock"}),
            "/then/action",
            'expected one of "mock", "error", "passthrough", "capture_only", "replay"',
        ),
        (rule(then={"action": "mock"}), "/then", "needs the key `response`"),
        (rule(then={"action": "error"}), "/then", "needs the key `error`"),
        (_error(), "/then/error", "needs the key `status`"),
        (
            rule(then={"action": "passthrough", "response": {}}),
            "/then/response",
            "`response` goes only with the action `mock`",
        ),
        (
            rule(then={"action": "mock", "response": {}, "error": {"status": 500}}),
            "/then/error",
            "`error` goes only with the action `error`",
        ),
    ],
)
def test_a_bad_rule_is_refused_at_its_place(
    entry: dict[str, Any], place: str, message: str
) -> None:
    """In a sentence that says what was expected there."""
    assert first(entry) == {place: message}


@pytest.mark.parametrize(
    ("response", "place", "message"),
    [
        ({"status": 199}, "status", "must be 200 or more"),
        ({"status": 100}, "status", "must be 200 or more"),
        ({"status": 600}, "status", "must be 599 or less"),
        ({"status": "200"}, "status", "must be an integer"),
        ({"status": 200.5}, "status", "must be an integer"),
        ({"status": True}, "status", "must be an integer"),
        ({"headers": [["a", "b"]]}, "headers", "must be an object"),
        ({"headers": {"a": 1}}, "headers/a", ANSWER_VALUE),
        ({"headers": {"a": ["1", None]}}, "headers/a/1", "must be a string"),
        ({"headers": {"a": "1\r\nb: 2"}}, "headers/a", ONE_LINE),
        ({"headers": {"a": ["1", "\0"]}}, "headers/a/1", ONE_LINE),
        ({"headers": {"": "1"}}, "headers/", NO_HEADER),
        ({"headers": {":": "1"}}, "headers/:", NO_HEADER),
        ({"headers": {"a:b": "1"}}, "headers/a:b", NO_HEADER),
        ({"headers": {"a\n": "1"}}, "headers/a\n", NO_HEADER),
        ({"headers": {"é": "1"}}, "headers/é", NO_HEADER),
        ({"headers": {"a/b~": "1"}}, "headers/a~1b~0", NO_HEADER),
        ({"headers": {"07": 1}}, "headers/07", ANSWER_VALUE),
        ({"headers": {"7": ["\n"]}}, "headers/7/0", ONE_LINE),
        ({"headers": {"~7": 1}}, "headers/~07", ANSWER_VALUE),
        ({"body": "QQ", "bodyEncoding": "base64"}, "body", BASE64),
        ({"body": "QQ==\n", "bodyEncoding": "base64"}, "body", BASE64),
        ({"body": "Q_-Q", "bodyEncoding": "base64"}, "body", BASE64),
        ({"body": "not base64!", "bodyEncoding": "base64"}, "body", BASE64),
        ({"body": {"a": 1}, "bodyEncoding": "base64"}, "body", BASE64),
        ({"body": None, "bodyEncoding": "base64"}, "body", BASE64),
        ({"bodyEncoding": "gzip"}, "bodyEncoding", 'expected "base64"'),
    ],
)
def test_a_response_that_no_proxy_could_send_is_refused(
    response: dict[str, Any], place: str, message: str
) -> None:
    """In a mock and in an error alike."""
    assert first(mock(**response)) == {f"/then/response/{place}": message}
    assert first(_error(**{"status": 500, **response})) == {f"/then/error/{place}": message}


@pytest.mark.parametrize(
    ("key", "value", "place", "message"),
    [
        ("headerMatch", 7, "", "must be an object or the name of a header"),
        ("headerMatch", None, "", "must be an object or the name of a header"),
        ("headerMatch", "", "", NO_HEADER),
        ("headerMatch", "a b", "", NO_HEADER),
        ("headerMatch", {"a b": "x"}, "/a b", NO_HEADER),
        ("headerMatch", {"a": ["x"]}, "/a", "must be a string"),
        ("bodyJsonPath", {"$.a": 1}, "", "must be a string"),
        ("bodyJsonPathEquals", "$.a", "", "must be an object"),
        ("traceTags", ["a"], "", "must be an object"),
        ("traceTagEquals", "a", "", "must be an object"),
    ],
)
def test_a_predicate_of_the_wrong_shape_is_refused_at_its_place(
    key: str, value: Any, place: str, message: str
) -> None:
    """Whether a pattern or a path compiles is looked at after that."""
    assert first(rule(when={key: value})) == {f"/when/{key}{place}": message}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (rb'{"rules":[{"when":{"headers":{"\ud83d":""}},"then":{}}]}', "/rules/0/when/headers"),
        (rb'{"rules":[{"then":{"response":{"body":"\ud83d"}}}]}', "/rules/0/then/response/body"),
        (b'{"rules":[],"rules":[]}', "/rules"),
        (b'{"rules":[{"when":{"path":"/a","path":"/b"},"then":{}}]}', "/rules/0/when/path"),
    ],
)
def test_half_an_emoji_and_a_key_that_stands_twice_are_violations(body: bytes, place: str) -> None:
    """JSON all the same: 422, with a pointer."""
    error = refused(check_rules, body)
    assert (error.name, [detail.path for detail in error.details]) == (
        "rule_validation_failed",
        [place],
    )


def test_violations_are_told_in_the_order_of_the_document() -> None:
    """A container before what is in it, keys as they were written."""
    document = {
        "x": 1,
        "rules": [
            {"zz": 1, "then": {"action": "nope"}, "priority": "1", "a": 1},
            rule(when={"path": 1, "host": 1, "direction": 1}),
        ],
        "version": 2,
    }
    assert list(told(check_rules, document)) == [
        "/x",
        "/rules/0",
        "/rules/0/zz",
        "/rules/0/then/action",
        "/rules/0/priority",
        "/rules/0/a",
        "/rules/1/when/path",
        "/rules/1/when/host",
        "/rules/1/when/direction",
        "/version",
    ]


@pytest.mark.parametrize("count", [25, 5_000, 30_000])
def test_the_first_20_violations_are_told_however_many_there_are(count: int) -> None:
    """The first of the document, not some."""
    bad = told(check_rules, rules(*[rule(priority="x")] * count))
    assert list(bad) == [f"/rules/{index}/priority" for index in range(MAX_DETAILS)]


def test_one_bad_rule_is_found_behind_very_many_good_ones() -> None:
    """With its right index."""
    assert told(check_rules, rules(*[mock(status=201)] * 20_000, rule(x=1))) == {
        "/rules/20000/x": (
            "unknown key; known here: `id`, `name`, `priority`, `consume`, `when`, `then`"
        )
    }


def test_a_body_may_nest_as_deep_as_json_may_here() -> None:
    """What the reader lets through does not break the validator."""
    body: Any = 7
    for _ in range(195):
        body = [body]
    assert check_rules(text_of(rules(mock(body=body))))
    assert refused(check_rules, rules(mock(body=[body]))).name == "invalid_body"


def test_a_long_value_is_not_repeated_by_its_violation() -> None:
    """Neither values nor long keys make the answer long."""
    entry = rule(id=["s3cr3t" * 10_000], **{"k" * 10_000: 1})
    envelope = text_of(refused(check_rules, rules(entry)).envelope())
    assert b"s3cr3t" not in envelope
    assert len(envelope) < 1_000

"""Rules and policies through the API: what is refused when posted, and what is decided later."""

import base64
import gzip
from typing import Any

import pytest

from app.otlp.media import Media
from tests.api.otlp import MEDIA, ask, hit, hop, mock, mocked
from tests.api.test_envelope import assert_envelope
from tests.servers import Replica, Response

EVERY_MEDIUM = pytest.mark.parametrize("media", MEDIA, ids=["json", "protobuf"])
BODY, DELAY = "http.request.body", "sp.response.delay_ms"
BAD_DELAY = {"min": 2, "max": 1}


def _passing(when: dict[str, Any]) -> dict[str, Any]:
    return {"when": when, "then": {"action": "passthrough"}}


def _places(answer: Response, status: int, error: str) -> list[str]:
    assert_envelope(answer, status, error)
    return [detail["path"] for detail in answer.json()["details"]]


BROKEN = [
    _passing({"headerMatch": {"x-~a": "(s3cr3t", "x-b": "ok"}}),
    _passing({"bodyJsonPath": "s3cr3t"}),
    _passing({"bodyJsonPathEquals": {"$.a": 1, "$/b": 1}}),
    {"when": {}, "then": {"action": "replay", "ignore": {"bodyPaths": ["$.a", ""]}}},
    {
        "when": {},
        "then": {
            "action": "capture_only",
            "captureOnly": {"redactHeaders": [], "redactBodyPaths": ["$["]},
        },
    },
    {"when": {}, "then": {"action": "mock", "response": {}, "delayMs": BAD_DELAY}},
]
PLACES = [
    "/0/when/headerMatch/x-~0a",
    "/1/when/bodyJsonPath",
    "/2/when/bodyJsonPathEquals/$~1b",
    "/3/then/ignore/bodyPaths/1",
    "/4/then/captureOnly/redactBodyPaths/0",
    "/5/then/delayMs",
]


def test_what_does_not_compile_is_refused_at_its_place(runtime: Replica) -> None:
    """In words that show nothing of it, and nothing is stored."""
    session_id = runtime.create("replay")
    answer = runtime.post(f"/v1/sessions/{session_id}/rules", {"rules": BROKEN})
    places = _places(answer, 422, "rule_validation_failed")
    assert places == [f"/rules{place}" for place in PLACES]
    assert b"s3cr3t" not in answer.body
    assert runtime.get(f"/v1/sessions/{session_id}").json()["sessionRevision"] == 1


@pytest.mark.parametrize("is_document", [True, False])
def test_what_does_not_compile_in_a_case_is_refused_at_its_place(
    runtime: Replica, is_document: bool
) -> None:
    """The pointers begin at the case, in both forms of its rules."""
    rules = {"version": 1, "rules": BROKEN} if is_document else BROKEN
    case = {"version": "1", "caseId": "a", "traces": [], "rules": rules}
    answer = runtime.post(f"/v1/sessions/{runtime.create('replay')}/load-case", case)
    below = "/rules/rules" if is_document else "/rules"
    assert _places(answer, 422, "rule_validation_failed") == [below + place for place in PLACES]


def test_the_first_20_that_do_not_compile_are_told(runtime: Replica) -> None:
    """In the order of the document."""
    rules = [_passing({"bodyJsonPath": ""})] * 30
    answer = runtime.post(f"/v1/sessions/{runtime.create('replay')}/rules", {"rules": rules})
    places = _places(answer, 422, "rule_validation_failed")
    assert places == [f"/rules/{index}/when/bodyJsonPath" for index in range(20)]


def test_a_policy_with_a_delay_that_ends_before_it_begins_is_invalid_body(
    runtime: Replica,
) -> None:
    """Whether it comes with the session or later."""
    policy = {"defaultOnMiss": "mock", "response": {"delayMs": BAD_DELAY}}
    answer = runtime.post("/v1/sessions", {"mode": "replay", "policy": policy})
    assert _places(answer, 400, "invalid_body") == ["/policy/response/delayMs"]
    answer = runtime.post(f"/v1/sessions/{runtime.create('replay')}/policy", policy)
    assert _places(answer, 400, "invalid_body") == ["/response/delayMs"]


HOP = hop(
    "POST",
    "/v1/orders",
    **{
        "http.request.header.x-tenant": "acme-7",
        BODY: '{"amount": 5.0, "items": [{"sku": "A-7"}]}',
        "try": 2,
        "retry": True,
    },
)


@EVERY_MEDIUM
@pytest.mark.parametrize(
    ("when", "other"),
    [
        ({"headerMatch": {"X-Tenant": "^acme-[0-9]+$"}}, {"headerMatch": {"x-tenant": "^[0-9]+$"}}),
        ({"headerMatch": "X-Tenant"}, {"headerMatch": "x-user"}),
        ({"bodyJsonPath": "$.items[0].sku"}, {"bodyJsonPath": "$.items[1]"}),
        ({"bodyJsonPathEquals": {"$.amount": 5}}, {"bodyJsonPathEquals": {"$.amount": "5"}}),
        ({"traceTags": {"try": 2.0, "retry": True}}, {"traceTags": {"try": "2"}}),
        ({"traceTagEquals": {"retry": True}}, {"traceTagEquals": {"retry": 1}}),
    ],
)
def test_a_predicate_decides_about_a_hop(
    runtime: Replica, when: dict[str, Any], other: dict[str, Any], media: Media
) -> None:
    """As it does in the page on rules."""
    assert ask(runtime, mocked(runtime, mock(when)), HOP, media).status == 200
    assert ask(runtime, mocked(runtime, mock(other)), HOP, media).status == 404


@pytest.mark.parametrize("encoding", ["", "base64"])
def test_a_gzip_body_is_looked_into(runtime: Replica, encoding: str) -> None:
    """Both where it is bytes and where it is base64."""
    body = gzip.compress(b'{"amount": 5}', mtime=0)
    more: dict[str, Any] = {"http.request.header.content-encoding": "gzip"}
    more[BODY] = base64.b64encode(body).decode() if encoding else body
    more[f"{BODY}.encoding"] = encoding
    session_id = mocked(runtime, mock({"bodyJsonPathEquals": {"$.amount": 5}}))
    assert ask(runtime, session_id, hop("POST", "/", **more)).status == 200


@EVERY_MEDIUM
@pytest.mark.parametrize(
    ("then", "delays"),
    [
        ({"action": "mock", "response": {}}, {None}),
        ({"action": "mock", "response": {}, "delayMs": 0}, {None}),
        ({"action": "mock", "response": {}, "delayMs": 250}, {250}),
        ({"action": "error", "error": {"status": 503, "delayMs": 250}}, {250}),
        ({"action": "error", "error": {"status": 503}, "delayMs": {"min": 7, "max": 9}}, {7, 8, 9}),
    ],
)
def test_the_proxy_is_told_how_long_to_wait(
    runtime: Replica, then: dict[str, Any], delays: set[int | None], media: Media
) -> None:
    """Of a range each hit gets one; nothing is told where there is no delay."""
    session_id = mocked(runtime, {"when": {}, "then": then})
    found = {hit(ask(runtime, session_id, hop(), media)).get(DELAY) for _ in range(8)}
    assert found <= delays


def test_capture_only_is_a_miss_whatever_the_policy_says(runtime: Replica) -> None:
    """The real upstream answers."""
    then = {"action": "capture_only", "captureOnly": {"redactHeaders": ["authorization"]}}
    session_id = mocked(runtime, {"when": {}, "then": then}, policy={"externalHttp": "strict"})
    assert ask(runtime, session_id, hop()).status == 404


def test_a_mock_of_bytes_may_come_from_the_policy(runtime: Replica) -> None:
    """With a delay of its own."""
    response = {"body": "//4=", "bodyEncoding": "base64", "delayMs": 5}
    policy = {"defaultOnMiss": "mock", "response": response}
    session_id = mocked(runtime, mock({"path": "/never"}), policy=policy)
    found = hit(ask(runtime, session_id, hop()))
    assert (found["http.response.body"], found[DELAY]) == ("//4=", 5)


HOSTILE: list[dict[str, Any]] = [
    {"headerMatch": {"x-long": "(a+)+$"}},
    {"headerMatch": {"x-long": r"^(\w+\s?)*$"}},
    {"bodyJsonPath": "$..[?@..[?@..z]]"},
    {"bodyJsonPathEquals": {"$..*..*..*": "z"}},
    {"bodyJsonPath": "$[?search(@, '(a|aa)+$')].z"},
]


@pytest.mark.parametrize("when", HOSTILE, ids=str)
def test_a_hostile_rule_and_a_hostile_hop_are_a_miss(
    runtime: Replica, when: dict[str, Any]
) -> None:
    """In the time of a call: never an error, and nobody else is hurt."""
    deep = "[" * 190 + '"' + "a" * 500_000 + '!",' + "1," * 100_000 + "1" + "]" * 190
    more = {"http.request.header.x-long": "a" * 50_000 + "!", BODY: deep}
    assert ask(runtime, mocked(runtime, mock(when)), hop("POST", "/", **more)).status == 404
    assert ask(runtime, mocked(runtime), hop()).status == 200


def test_a_body_that_is_nested_too_deep_is_no_json(runtime: Replica) -> None:
    """To rules; a mock answers it all the same."""
    deep = hop("POST", "/", **{BODY: "[" * 10_000 + "]" * 10_000})
    assert ask(runtime, mocked(runtime, mock({"bodyJsonPath": "$"})), deep).status == 404
    assert ask(runtime, mocked(runtime), deep).status == 200


SPELT = '{"a":1E2,"b":[1.10,12345678901234567890],"c":0.12345678901234567890}'
WHEN = '{"bodyJsonPathEquals":{"$":0.12345678901234567890}}'
MOCK = f'{{"when":{WHEN},"then":{{"action":"mock","response":{{"body":{SPELT}}}}}}}'
ERROR = f'{{"when":{WHEN},"then":{{"action":"error","error":{{"status":500,"body":{SPELT}}}}}}}'
MOCKS = f'{{"version":1,"rules":[{MOCK}]}}'
POLICY = f'{{"defaultOnMiss":"mock","response":{{"body":{SPELT}}}}}'
SPELT_IN = {
    "mock": ("rules", MOCKS),
    "error": ("rules", MOCKS.replace(MOCK, ERROR)),
    "case": ("load-case", f'{{"version":"1","caseId":"c","traces":[],"rules":[{MOCK}]}}'),
    "document in a case": (
        "load-case",
        f'{{"version":"1","caseId":"c","traces":[],"rules":{MOCKS}}}',
    ),
    "policy": ("policy", POLICY),
    "policy at the start": ("", f'{{"mode":"replay","policy":{POLICY}}}'),
}


@pytest.mark.parametrize("form", ["[{}]", '{{"rules":[{}]}}'])
def test_a_case_without_fractions_keeps_how_its_numbers_are_written(
    runtime: Replica, form: str
) -> None:
    """Of its integers one has a second spelling."""
    rule = '{"when":{},"then":{"action":"mock","response":{"body":[-0,0,12345678901234567890]}}}'
    session_id = runtime.create("replay")
    document = f'{{"version":"1","caseId":"c","traces":[],"rules":{form.format(rule)}}}'
    path = f"/v1/sessions/{session_id}/load-case"
    assert runtime.post(path, document.encode()).status == 200
    answered = hit(ask(runtime, session_id, hop()))["http.response.body"]
    assert answered == "[-0,0,12345678901234567890]"


@pytest.mark.parametrize("name", SPELT_IN)
def test_numbers_of_an_answer_are_sent_as_they_were_written(runtime: Replica, name: str) -> None:
    """And those that are compared with are compared to the last digit."""
    call, document = SPELT_IN[name]
    if call:
        session_id = runtime.create("replay")
        path = f"/v1/sessions/{session_id}/{call}"
        assert runtime.post(path, document.encode()).status == 200
    else:
        session_id = runtime.post("/v1/sessions", document.encode()).json()["sessionId"]
    for body, agrees in (("0.123456789012345678900", True), ("0.12345678901234567", False)):
        answer = ask(runtime, session_id, hop("POST", "/", **{"http.request.body": body}))
        if agrees or "policy" in name:
            assert hit(answer)["http.response.body"] == SPELT
        else:
            assert answer.status == 404

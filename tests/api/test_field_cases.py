"""Situations of the field, through both APIs and in both media, as far as rules and mocks go."""

import base64
import gzip
import json
from typing import Any

import pytest

from app.errors import CATALOGUE
from app.otlp.media import Media
from tests.api import otlp
from tests.api.orders import ORDER, OTHER, SAME
from tests.api.otlp import JSON, MEDIA, ask, hit, hop, mock, mocked
from tests.api.test_envelope import assert_envelope
from tests.servers import Replica
from tests.unit.otlp import payloads

EVERY_MEDIUM = pytest.mark.parametrize("media", MEDIA, ids=["json", "protobuf"])
BODY, STATUS = "http.response.body", "http.response.status_code"
STRICT = {"externalHttp": "strict"}


def matched(
    replica: Replica, when: dict[str, object], attributes: dict[str, object], media: Media
) -> bool:
    """Whether a rule with these predicates answers a hop."""
    session_id = mocked(replica, mock(when, body="x"))
    return ask(replica, session_id, attributes, media).status == 200


# Case 2: two Set-Cookie headers.
COOKIES = ["a=1; Path=/", "b=2; Expires=Wed, 09 Jun 2027 10:18:14 GMT; Path=/"]


@EVERY_MEDIUM
def test_two_cookies_of_a_mock_are_two_values_in_order(runtime: Replica, media: Media) -> None:
    """Never joined, never split at the date's comma, and one is a plain string."""
    session_id = mocked(
        runtime,
        mock({"path": "/two"}, headers={"Set-Cookie": COOKIES}),
        mock({"path": "/one"}, headers={"Set-Cookie": COOKIES[:1]}),
    )
    name = "http.response.header.set-cookie"
    assert hit(ask(runtime, session_id, hop(path="/two"), media))[name] == COOKIES
    assert hit(ask(runtime, session_id, hop(path="/one"), media))[name] == COOKIES[0]


# Case 3 and 4: headers that describe a body's bytes.
@EVERY_MEDIUM
def test_a_coded_mock_body_is_handed_out_as_its_bytes(runtime: Replica, media: Media) -> None:
    """The header stays, the bytes are neither inflated nor compressed again."""
    coded = gzip.compress(b'{"ok":true}', mtime=0)
    response: dict[str, Any] = {"headers": {"Content-Encoding": "gzip"}, "bodyEncoding": "base64"}
    response["body"] = base64.b64encode(coded).decode()
    found = hit(ask(runtime, mocked(runtime, mock({}, **response)), hop(), media))
    assert otlp.body_of(found) == coded
    assert found["http.response.header.content-encoding"] == "gzip"
    assert found[f"{BODY}.encoding"] == "base64"


@EVERY_MEDIUM
@pytest.mark.parametrize("name", ["Content-Length", "content-length", "CONTENT-LENGTH"])
def test_a_mocks_length_is_not_handed_out(runtime: Replica, name: str, media: Media) -> None:
    """The body is whole, whatever the header said."""
    found = hit(
        ask(runtime, mocked(runtime, mock({}, headers={name: "5"}, body="123456789")), hop(), media)
    )
    assert found == {STATUS: 200, BODY: "123456789"}


# Case 5: HEAD answered with a body.
@EVERY_MEDIUM
def test_head_is_answered_without_a_body_and_get_with_it(runtime: Replica, media: Media) -> None:
    """Status and headers are the same for both, whatever the method's case."""
    headers = {"x-a": "1", "content-length": "5"}
    session_id = mocked(runtime, mock({"path": "/doc"}, headers=headers, body="hello"))
    for method in ("HEAD", "head"):
        found = hit(ask(runtime, session_id, hop(method, "/doc"), media))
        assert found == {STATUS: 200, "http.response.header.x-a": "1"}
    assert hit(ask(runtime, session_id, hop("GET", "/doc"), media))[BODY] == "hello"


@EVERY_MEDIUM
@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_is_answered_without_one(
    runtime: Replica, status: int, media: Media
) -> None:
    """Even where the mock has one."""
    session_id = mocked(runtime, mock({}, status=status, body="x"))
    assert hit(ask(runtime, session_id, hop(), media)) == {STATUS: status}


# Case 6, as far as rules see it.
@EVERY_MEDIUM
@pytest.mark.parametrize("target", ["/v1/vars?ids=22&ids=44", "/v1/vars?", "/v1/vars"])
def test_a_query_is_no_part_of_the_path_that_rules_see(
    runtime: Replica, target: str, media: Media
) -> None:
    """Whatever its parameters."""
    assert matched(runtime, {"path": "/v1/vars"}, hop(path=target), media)


# Case 7: an escaped slash inside a segment.
@EVERY_MEDIUM
@pytest.mark.parametrize(
    ("when", "path", "right"),
    [
        ({"path": "/files/a%2Fb"}, "/files/a%2Fb", True),
        ({"path": "/files/a%2Fb"}, "/files/a%2fb", True),
        ({"path": "/files/a%2Fb"}, "/files/a/b", False),
        ({"pathPrefix": "/files/a/"}, "/files/a%2Fb", False),
        ({"path": "/%7euser"}, "/~user", True),
    ],
)
def test_an_escaped_slash_is_no_slash(
    runtime: Replica, when: dict[str, object], path: str, right: bool, media: Media
) -> None:
    """Escapes of reserved characters stay; their hex digits ignore case."""
    assert matched(runtime, when, hop(path=path), media) is right


# Case 8: IPv6 hosts and ports.
IPV6_HOPS: dict[str, dict[str, object]] = {
    "url.host": {"url.host": "[2001:DB8::1]:8443"},
    "host header": {"http.request.header.host": "[2001:DB8::1]:8443"},
    "url.full": {"url.full": "https://[2001:db8::1]:8443/x"},
}


def ipv6_hop(source: str) -> dict[str, object]:
    """A hop to an IPv6 host that is named in one place only."""
    base = {"sp.traffic.direction": "outbound", "http.request.method": "GET"}
    return base | IPV6_HOPS[source]


@EVERY_MEDIUM
@pytest.mark.parametrize("source", IPV6_HOPS)
@pytest.mark.parametrize(
    ("when", "right"),
    [
        ({"host": "[2001:db8::1]"}, True),
        ({"host": "[2001:db8::1]:8443"}, True),
        ({"host": "[2001:db8::1]:9000"}, False),
        ({"hostSuffix": "example.com"}, False),
    ],
)
def test_an_ipv6_host_is_compared_by_address_and_a_named_port(
    runtime: Replica, source: str, when: dict[str, object], right: bool, media: Media
) -> None:
    """Wherever the hop names its host."""
    assert matched(runtime, when, ipv6_hop(source), media) is right


@pytest.mark.parametrize("source", IPV6_HOPS)
def test_a_strict_miss_reports_an_ipv6_host_without_its_port(runtime: Replica, source: str) -> None:
    """In lower case, brackets kept, in the answer and in the stats."""
    session_id = runtime.create("replay", policy=STRICT)
    body = json.loads(hit(ask(runtime, session_id, ipv6_hop(source)))[BODY])
    assert body["host"] == "[2001:db8::1]"
    assert otlp.stats(runtime, session_id)["lastStrictMiss"]["host"] == "[2001:db8::1]"


def fingerprint(replica: Replica, body: object, media: Media) -> str:
    """The fingerprint of a blocked hop with a body; None for a hop without one."""
    session_id = replica.create("replay", policy=STRICT)
    attributes = hop("POST", "/orders")
    if body is not None:
        attributes["http.request.body"] = body
    found = hit(ask(replica, session_id, attributes, media))
    assert found["http.response.header.x-softprobe-strict-miss"] == "1"
    told: str = json.loads(found[BODY])["requestFingerprint"]
    return told


# Case 9: 1 and 1.0, key order, white space.
@EVERY_MEDIUM
def test_equal_json_has_one_fingerprint_and_other_json_another(
    runtime: Replica, media: Media
) -> None:
    """Numbers by value, key order and white space aside; types, order and extra keys count."""
    recorded = fingerprint(runtime, ORDER, media)
    assert {fingerprint(runtime, body, media) for body in SAME} == {recorded}
    assert recorded not in {fingerprint(runtime, body, media) for body in OTHER}


@EVERY_MEDIUM
@pytest.mark.parametrize("body", [ORDER, *SAME])
def test_a_rule_on_a_number_means_its_value_and_no_boolean(
    runtime: Replica, body: str, media: Media
) -> None:
    """`$.amount` is 1 however it is written; `$.on` is true, which is not 1."""
    asked = hop("POST", "/orders", **{"http.request.body": body})
    assert matched(runtime, {"bodyJsonPathEquals": {"$.amount": 1}}, asked, media)
    assert not matched(runtime, {"bodyJsonPathEquals": {"$.on": 1}}, asked, media)


# Case 10: no body and an empty body.
@EVERY_MEDIUM
def test_every_empty_body_has_the_fingerprint_of_none(runtime: Replica, media: Media) -> None:
    """`{}` and `null` are bodies, and other ones."""
    empty = {fingerprint(runtime, body, media) for body in (None, "", b"")}
    assert len(empty) == 1
    others = {fingerprint(runtime, body, media) for body in ("{}", "null")}
    assert len(others) == 2
    assert not empty & others


# Case 16: half an emoji.
HALF = "\\ud83d"


def test_half_an_emoji_as_a_mode_is_no_mode(runtime: Replica) -> None:
    """It is a string that is none of the three."""
    answer = runtime.post("/v1/sessions", b'{"mode":"%s"}' % HALF.encode())
    assert_envelope(answer, 400, "invalid_mode")


SPOILT_RULES: list[dict[str, object]] = [
    {"when": {}, "then": {"action": "mock", "response": {"body": "HALF"}}},
    {"when": {"headers": {"HALF": "x"}}, "then": {"action": "passthrough"}},
]
SPOILT_SPAN = {"attributes": [{"key": "k", "value": {"stringValue": "HALF"}}]}
SPOILT_TRACE = {"resourceSpans": [{"scopeSpans": [{"spans": [SPOILT_SPAN]}]}]}
SPOILT: list[tuple[str, object, str]] = [
    ("rules", {"rules": SPOILT_RULES[:1]}, "/rules/0/then/response/body"),
    ("rules", {"rules": SPOILT_RULES[1:]}, "/rules/0/when/headers"),
    ("load-case", {"version": "1", "caseId": "HALF", "traces": []}, "/caseId"),
    (
        "load-case",
        {"version": "1", "caseId": "c", "traces": [SPOILT_TRACE]},
        "/traces/0/resourceSpans/0/scopeSpans/0/spans/0/attributes/0/value/stringValue",
    ),
    ("policy", {"externalAllowlist": ["HALF"]}, "/externalAllowlist/0"),
    ("fixtures/auth", {"fixtures": [{"name": "n", "value": "HALF"}]}, "/fixtures/0/value"),
]


@pytest.mark.parametrize(("call", "document", "pointer"), SPOILT)
def test_half_an_emoji_in_a_document_is_refused_at_its_place(
    runtime: Replica, call: str, document: object, pointer: str
) -> None:
    """Nothing is stored and the revision stays."""
    session_id = runtime.create("replay")
    body = json.dumps(document).replace("HALF", HALF).encode()
    answer = runtime.post(f"/v1/sessions/{session_id}/{call}", body)
    name = "rule_validation_failed" if call == "rules" else "invalid_body"
    assert_envelope(answer, CATALOGUE[name].status, name)
    assert [detail["path"] for detail in answer.json()["details"]] == [pointer]
    state = runtime.get(f"/v1/sessions/{session_id}").json()
    assert (state["sessionRevision"], state["ruleCount"], state["case"]) == (1, 0, None)


@pytest.mark.parametrize("path", ["/v1/inject", "/v1/traces"])
def test_half_an_emoji_in_otlp_json_is_400(runtime: Replica, path: str) -> None:
    """On both calls, and nothing is counted."""
    session_id = runtime.create("capture")
    kind = path.removeprefix("/v1/").replace("traces", "extract")
    marks = {"sp.span.type": kind, "sp.session.id": session_id, "k": "HALF"}
    span = payloads.span(marks, **otlp.fresh_ids())
    body = otlp.encoded(payloads.traces(span), otlp.JSON).replace(b"HALF", HALF.encode())
    assert_envelope(otlp.send(runtime, path, body), 400, "invalid_body")
    assert otlp.stats(runtime, session_id)["extractedSpans"] == 0


@EVERY_MEDIUM
def test_a_body_that_spells_half_an_emoji_as_text_is_plain_text(
    runtime: Replica, media: Media
) -> None:
    """It is ASCII: decided, fingerprinted, captured and loaded as it is."""
    text = '{"t":"\\ud83d"}'
    assert fingerprint(runtime, text, media) != fingerprint(runtime, '{"t":"x"}', media)
    session_id = runtime.create("capture")
    span = otlp.observed(session_id, {"http.request.body": text, STATUS: 200})
    assert otlp.upload(runtime, span, media=media).status == 200
    closed = runtime.post(f"/v1/sessions/{session_id}/close").json()
    case = runtime.get(f"/v1/captures/{session_id}")
    assert closed["traceCount"] == 1
    assert json.dumps(text).encode() in case.body
    loaded = runtime.post(f"/v1/sessions/{runtime.create('replay')}/load-case", case.body)
    assert loaded.status == 200


@pytest.mark.parametrize(
    ("when", "right"),
    [
        ({"bodyJsonPath": "$.t"}, True),
        ({"bodyJsonPathEquals": {"$.t": "x"}}, False),
        ({"bodyJsonPath": "$[?search(@, 'x')]"}, False),
    ],
)
def test_half_an_emoji_in_a_body_is_looked_at_without_an_error(
    runtime: Replica, when: dict[str, object], right: bool
) -> None:
    """It is plain ASCII until its JSON is read."""
    asked = hop("POST", "/", **{"http.request.body": f'{{"t":"{HALF}"}}'})
    assert matched(runtime, when, asked, JSON) is right

"""Situations of the field in which a recording answers, through both APIs and in both media."""

import copy
import gzip
import json
from typing import Any

import pytest

from app.otlp.media import Media
from tests.api import otlp
from tests.api.orders import ORDER, OTHER, SAME
from tests.api.otlp import MEDIA, hit, hop
from tests.api.replay import (
    BODY,
    REQUEST_BODY,
    STATUS,
    answered,
    captured,
    case,
    recorded,
    replaying,
    said,
)
from tests.servers import Replica

EVERY_MEDIUM = pytest.mark.parametrize("media", MEDIA, ids=["json", "protobuf"])
HEADER = "http.response.header."


def posted(body: object, path: str = "/orders", **more: object) -> dict[str, object]:
    """A POST with a body; None for none."""
    found = hop("POST", path, **more)
    return found if body is None else {**found, REQUEST_BODY: body}


# Case 1: an uploaded body that is not text.
OCTETS = bytes.fromhex("fffe0041c728")
AS_BASE64 = {REQUEST_BODY: "//4AQcco", f"{REQUEST_BODY}.encoding": "base64"}
AS_BYTES = {REQUEST_BODY: OCTETS}


@EVERY_MEDIUM
@pytest.mark.parametrize("form", [AS_BASE64, AS_BYTES], ids=["base64", "bytes"])
def test_a_body_of_bytes_is_found_in_whichever_form_it_was_recorded(
    runtime: Replica, form: dict[str, object], media: Media
) -> None:
    """Captured, closed, loaded and replayed; bytes that differ in the last one are not found."""
    avatar = hop("POST", "/v1/avatar")
    file = captured(runtime, recorded({**avatar, **form}, "kept"))
    assert "�" not in file.decode()
    session_id = replaying(runtime, file)
    for asked in (AS_BASE64, AS_BYTES):
        found = answered(runtime, session_id, {**avatar, **asked}, media)
        assert found is not None
        assert found[BODY] == "kept"
    other = {**avatar, REQUEST_BODY: OCTETS[:-1] + b"\x29"}
    assert answered(runtime, session_id, other, media) is None


# Case 2: two Set-Cookie headers.
COOKIES = ["a=1; Path=/", "b=2; Expires=Wed, 09 Jun 2027 10:18:14 GMT; Path=/"]


@EVERY_MEDIUM
def test_recorded_cookies_are_replayed_as_they_were(runtime: Replica, media: Media) -> None:
    """A pair as a pair, in order; one as a plain string."""
    name = f"{HEADER}set-cookie"
    pair = recorded(hop(path="/two"), **{name: COOKIES})
    single = recorded(hop(path="/one"), **{name: COOKIES[0]})
    session_id = replaying(runtime, captured(runtime, pair, single))
    assert hit(otlp.ask(runtime, session_id, hop(path="/two"), media))[name] == COOKIES
    assert hit(otlp.ask(runtime, session_id, hop(path="/one"), media))[name] == COOKIES[0]


# Case 3 and 4: headers that describe a body's bytes.
@EVERY_MEDIUM
def test_a_recorded_coding_goes_with_its_recorded_bytes(runtime: Replica, media: Media) -> None:
    """Neither inflated nor compressed again."""
    coded = "H4sIAAAAAAACA6tWys9WsiopKk2tBQCQX9SnCwAAAA=="
    more = {f"{HEADER}content-encoding": "gzip", f"{BODY}.encoding": "base64"}
    session_id = replaying(runtime, case(recorded(hop(), coded, **more)))
    found = hit(otlp.ask(runtime, session_id, hop(), media))
    assert found == {STATUS: 200, BODY: coded, **more}


@EVERY_MEDIUM
def test_recorded_framing_headers_are_not_handed_out(runtime: Replica, media: Media) -> None:
    """Nor those that a recorded `connection` names; the case file still shows them."""
    body = '{"token":"[redacted]","ok":true}'
    framing: dict[str, object] = {
        f"{HEADER}content-length": "44",
        f"{HEADER}Transfer-Encoding": "chunked",
        f"{HEADER}connection": "close, x-hop",
        f"{HEADER}x-hop": "1",
        f"{HEADER}:status": "200",
    }
    file = captured(runtime, recorded(hop(), body, **framing, **{f"{HEADER}x-end": "2"}))
    assert all(name in file.decode() for name in framing)
    session_id = replaying(runtime, file)
    found = hit(otlp.ask(runtime, session_id, hop(), media))
    assert found == {STATUS: 200, BODY: body, f"{HEADER}x-end": "2"}


# Case 5: HEAD.
@EVERY_MEDIUM
def test_a_recorded_head_is_answered_without_length_and_body(
    runtime: Replica, media: Media
) -> None:
    """In whatever case the method is asked."""
    head = recorded(hop("HEAD", "/doc"), **{f"{HEADER}content-length": "5", f"{HEADER}x-a": "1"})
    session_id = replaying(runtime, case(head))
    found = answered(runtime, session_id, hop("head", "/doc"), media)
    assert found == {STATUS: 200, f"{HEADER}x-a": "1"}
    assert answered(runtime, session_id, hop("GET", "/doc"), media) is None


# Case 6: the same parameter several times, in another order.
VARS = "/v1/vars?ids=22&ids=44&ids=22&on=2027-01-01"
REORDERED = "/v1/vars?on=2027-01-01&ids=44&ids=22&ids=22"


@pytest.mark.parametrize(
    ("target", "ignore", "right"),
    [
        (REORDERED, None, "vars"),
        ("/v1/vars?ids=22&ids=44&on=2027-01-01", None, None),
        (f"{REORDERED}&nonce=9", None, None),
        (f"{REORDERED}&nonce=9", {"query": ["nonce"]}, "vars"),
        ("/v1/vars?on=2027%2D01-01&ids=44&ids=%32%32&ids=22", None, "vars"),
    ],
)
def test_parameters_are_compared_as_a_multiset(
    runtime: Replica, target: str, ignore: object, right: str | None
) -> None:
    """Order does not count, repetition does."""
    session_id = replaying(runtime, case(recorded(hop(path=VARS), "vars")), ignore)
    assert said(runtime, session_id, hop(path=target)) == right


@pytest.mark.parametrize(
    "asked",
    [
        {"url.path": "/a?x=1+2&y"},
        {"url.path": "/a", "url.query": "y=&x=1%202"},
        {"url.path": "/a", "http.target": "/a?y&x=1+2"},
        {"url.full": "http://api.example.com/a?y&x=1%202"},
    ],
)
def test_a_query_is_read_wherever_it_stands(runtime: Replica, asked: dict[str, object]) -> None:
    """`+` is a space, and a name without `=` has an empty value."""
    session_id = replaying(runtime, case(recorded(hop(path="/a?x=1 2&y="), "found")))
    bare = {key: value for key, value in hop().items() if not key.startswith("url.")}
    assert said(runtime, session_id, {**bare, "url.host": "api.example.com", **asked}) == "found"


# Case 8: IPv6 hosts and ports.
@pytest.mark.parametrize(
    ("held", "asked", "right"),
    [
        ("[2001:db8::1]", "[2001:DB8::1]:8443", True),
        ("[2001:db8::1]:8443", "[2001:DB8::1]:8443", True),
        ("[2001:db8::1]:9000", "[2001:DB8::1]:8443", False),
        ("[2001:db8::1]:9000", "[2001:db8::1]", True),
        ("API.example.com.", "api.example.com:80", True),
        ("example.com", "api.example.com", False),
    ],
)
def test_a_recordings_port_counts_only_where_both_name_one(
    runtime: Replica, held: str, asked: str, right: bool
) -> None:
    """Hosts are compared in their normal form."""
    session_id = replaying(runtime, case(recorded(hop(url__host=held), "found")))
    found = said(runtime, session_id, hop(url__host=asked))
    assert (found == "found") is right


# Case 9: 1 and 1.0, key order, white space.
def test_json_bodies_are_compared_as_values(runtime: Replica) -> None:
    """Numbers by value; a string, a boolean and a number are never equal; arrays are ordered."""
    session_id = replaying(runtime, case(recorded(posted(ORDER), "found")))
    assert [said(runtime, session_id, posted(body)) for body in SAME] == ["found"] * 3
    assert [said(runtime, session_id, posted(body)) for body in OTHER] == [None] * 5


def test_a_compressed_request_is_compared_by_what_it_says(runtime: Replica) -> None:
    """Whichever side is compressed."""
    packed = {
        **posted(gzip.compress(SAME[0].encode(), mtime=0)),
        "http.request.header.content-encoding": "gzip",
    }
    for held, asked in ((packed, posted(ORDER)), (posted(ORDER), packed)):
        session_id = replaying(runtime, case(recorded(held, "found")))
        assert said(runtime, session_id, asked) == "found"


@pytest.mark.parametrize(
    ("ignore", "body", "right"),
    [
        ({"bodyPaths": ["$.id", "$.tags[0]"]}, ORDER.replace("7", "8").replace('"a"', "9"), True),
        ({"bodyPaths": ["$.id"]}, '{"amount":1,"tags":["a","b"],"on":true}', True),
        ({"bodyPaths": ["$.id"]}, ORDER.replace("true", "false"), False),
        ({"bodyPaths": ["$.id"]}, "text", False),
        ({"body": True}, "text", True),
        ({"body": True}, None, True),
    ],
)
def test_what_is_ignored_in_a_body_is_left_out_on_both_sides(
    runtime: Replica, ignore: object, body: str | None, right: bool
) -> None:
    """And everything else is compared."""
    session_id = replaying(runtime, case(recorded(posted(ORDER), "found")), ignore)
    assert (said(runtime, session_id, posted(body)) == "found") is right


# Case 10: no body and an empty body.
def test_every_empty_body_matches_every_empty_recording(runtime: Replica) -> None:
    """`{}` and `null` are bodies, and match neither."""
    for held in (None, "", b""):
        session_id = replaying(runtime, case(recorded(posted(held), "empty")))
        found = [said(runtime, session_id, posted(body)) for body in (None, "", b"")]
        assert found == ["empty"] * 3
        assert [said(runtime, session_id, posted(body)) for body in ("{}", "null")] == [None] * 2


def test_a_recorded_answer_without_a_body_is_replayed_with_its_status(runtime: Replica) -> None:
    """A span with a status and no body is a recording."""
    bare = {**hop(), STATUS: 401, "sp.span.type": "extract"}
    session_id = replaying(runtime, case(bare))
    assert answered(runtime, session_id, hop()) == {STATUS: 401}


# Case 12: ids in base64, enums as names, integers as strings.
def span_of(document: dict[str, Any]) -> dict[str, Any]:
    """The only span of a case document."""
    [resource_spans] = document["traces"][0]["resourceSpans"]
    span: dict[str, Any] = resource_spans["scopeSpans"][0]["spans"][0]
    return span


HEX = {"traceId": "0AF7651916CD43DD8448EB211C80319C", "spanId": "B7AD6B7169203331", "kind": 3}
BASE64 = {
    "traceId": "CvdlGRbNQ92ESOshHIAxnA==",
    "spanId": "t61rcWkgMzE=",
    "kind": "SPAN_KIND_CLIENT",
}
STATUSES: list[dict[str, object]] = [{"intValue": "201"}, {"intValue": 201}, {"stringValue": "201"}]


@pytest.mark.parametrize("ids", [HEX, BASE64], ids=["hex", "base64"])
@pytest.mark.parametrize("status", STATUSES, ids=["digits", "number", "string"])
def test_files_of_other_tools_replay_alike(
    runtime: Replica, ids: dict[str, object], status: dict[str, object]
) -> None:
    """With pseudo-headers among the headers; ids on the wire are hex."""
    pseudo = {
        "sp.traffic.direction": "outbound",
        "http.request.header.:method": "GET",
        "http.request.header.:authority": "api.example.com",
        "http.request.header.:path": "/p?q=1",
        f"{HEADER}:status": "201",
        BODY: "found",
    }
    document = case(pseudo)
    span = span_of(document)
    span.update(ids)
    span["attributes"].append({"key": STATUS, "value": status})
    session_id = replaying(runtime, document)
    answer = otlp.ask(runtime, session_id, hop(path="/p?q=1"))
    assert hit(answer) == {STATUS: 201, BODY: "found"}
    assert len(bytes.fromhex(span_of({"traces": [answer.json()]})["traceId"])) == 16


# Case 14: redacting breaks replay.
PAYMENT: dict[str, Any] = {
    "card": {"number": "4000", "cvc": 1},
    "amount": 5,
    "items": [{"serial": "s1"}, {"serial": "s2"}],
}


def changed(**more: object) -> str:
    """The payment with other members, those that are None left out."""
    members = copy.deepcopy(PAYMENT) | more
    return json.dumps({key: value for key, value in members.items() if value is not None})


REDACTED = changed(
    card={"number": "[redacted]", "cvc": 1},
    items=[{"serial": "[redacted]"}, {"serial": "[redacted]"}],
)


@pytest.mark.parametrize(
    ("body", "right"),
    [
        (changed(card={"number": 17, "cvc": 1}, items=[{"serial": None}, {"serial": [1]}]), True),
        (changed(amount=6), False),
        (changed(items=[{"serial": "s"}] * 3), False),
        (changed(card=None), False),
        (changed(card={"cvc": 1}), False),
        (changed(card={"number": "4000", "cvc": 2}), False),
    ],
)
def test_a_redacted_value_matches_any_value_that_is_there(
    runtime: Replica, body: str, right: bool
) -> None:
    """And everything around it is compared."""
    session_id = replaying(runtime, case(recorded(posted(REDACTED), "paid")))
    assert (said(runtime, session_id, posted(body)) == "paid") is right


@pytest.mark.parametrize(
    ("held", "asked", "right"),
    [
        (posted("u=1&p=%5Bredacted%5D"), posted("u=1&p=secret"), True),
        (posted("u=1&p=[redacted]"), posted("u=2&p=secret"), False),
        (posted("u=1&p=[redacted]"), posted("u=1"), False),
        (posted("[redacted]"), posted("anything"), True),
        (posted("[redacted]"), posted('{"any":"thing"}'), True),
        (posted("[redacted]"), posted(None), False),
        (hop(path="/a?t=[redacted]&b=1"), hop(path="/a?b=1&t=secret"), True),
        (hop(path="/a?t=%5Bredacted%5D"), hop(path="/a"), False),
        (hop(path="/a?t=[redacted]"), hop(path="/a?t=1&t=2"), False),
    ],
)
def test_redacted_fields_parameters_and_bodies_match_what_is_there(
    runtime: Replica, held: dict[str, object], asked: dict[str, object], right: bool
) -> None:
    """In a form, in a query, and a body as a whole."""
    session_id = replaying(runtime, case(recorded(held, "found")))
    assert (said(runtime, session_id, asked) == "found") is right

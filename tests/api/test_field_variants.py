"""Situations of the field in other inputs of the same kind: a pair that must agree, or must not."""

import base64
import gzip
import json
import zlib
from typing import Any

import pytest

from tests.api.otlp import PROTOBUF, ask, hit, hop, mock, mocked
from tests.api.replay import case, load, recorded, replay, said
from tests.servers import Replica

BODY, CODING = "http.request.body", "http.request.header.content-encoding"
JSON_TEXT = '{"a":[1,"ü"]}'
OCTETS = bytes([0xFF, 0xFE, 0, 0x41])


def posted(body: object, **more: object) -> dict[str, object]:
    """A hop with a body."""
    return hop("POST", "/v1", **{BODY: body}) | {k.replace("__", "."): v for k, v in more.items()}


def in_base64(octets: bytes, encoding: str = "base64") -> dict[str, object]:
    """A hop whose body is base64 in a string."""
    return posted(base64.b64encode(octets).decode()) | {f"{BODY}.encoding": encoding}


# Cases 1, 9 and 10: bodies that say the same, and bodies that do not.
BODIES: dict[str, tuple[dict[str, object], dict[str, object], bool]] = {
    "base64, any case of the word": (in_base64(OCTETS), in_base64(OCTETS, "Base64"), True),
    "bytes that are text": (posted(JSON_TEXT), posted(JSON_TEXT.encode()), True),
    "base64 of text": (posted(JSON_TEXT), in_base64(JSON_TEXT.encode()), True),
    "another last byte": (posted(OCTETS), posted(OCTETS[:-1] + b"\0"), False),
    "gzip of it": (
        posted(JSON_TEXT),
        posted(gzip.compress(JSON_TEXT.encode())) | {CODING: "gzip"},
        True,
    ),
    "deflate, raw": (
        posted(JSON_TEXT),
        posted(zlib.compress(JSON_TEXT.encode())[2:-4]) | {CODING: "Deflate"},
        True,
    ),
    "gzip in words alone": (posted("x"), posted("x") | {CODING: "gzip"}, True),
    "exponent": (posted("[1E2]"), posted("[100.0]"), True),
    "minus nought": (posted("[-0.0]"), posted("[0]"), True),
    "a long integer": (posted("[1" + "0" * 30 + "]"), posted("[1e30]"), True),
    "the last digit": (posted("[9007199254740993]"), posted("[9007199254740992]"), False),
    "a small number": (posted("[1e-7]"), posted("[0.0000001]"), True),
    "an escape": (posted('["\\u0061\\/"]'), posted('["a/"]'), True),
    "a composed letter": (posted('["u\\u0308"]'), posted('["ü"]'), False),
    "null for a missing key": (posted('{"a":null}'), posted("{}"), False),
    "a number for a key": (posted('{"1":0}'), posted("[0,0]"), False),
    "a string that looks as a number": (
        posted('["\\u00001.5"]'),
        posted("[1.5]"),
        False,
    ),
    "a JSON string and the text": (posted('"a"'), posted("a"), False),
    "white space around text": (posted("a "), posted("a"), False),
    "white space alone": (posted(" "), posted(""), False),
    "white space around JSON": (posted(" {}\n"), posted("{}"), True),
    "gzip of nothing": (posted(""), posted(gzip.compress(b"")) | {CODING: "gzip"}, True),
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies_agree_by_what_they_say(runtime: Replica, name: str) -> None:
    """Whichever of the two was recorded."""
    one, other, agrees = BODIES[name]
    for held, asked in ((one, other), (other, one)):
        session_id = runtime.create("replay")
        load(runtime, session_id, case(recorded(held, "found"), rules=[replay()]))
        assert (said(runtime, session_id, asked) == "found") is agrees


# Cases 6 and 7: targets.
TARGETS = [
    ("/v?a%5B%5D=1&a[]=2", "/v?a[]=2&a[]=1", True),
    ("/v?a", "/v?a=", True),
    ("/v?a=b+c", "/v?a=b%20c", True),
    ("/v?a=b%2Bc", "/v?a=b+c", False),
    ("/v?a=1&&b=2", "/v?b=2&a=1", True),
    ("/v?a=1", "/v?a=1&a=1", False),
    ("/v?a=%C3%BC", "/v?a=ü", True),
    ("/v?A=1", "/v?a=1", False),
    ("/v?a=1&b", "/v?a=1%26b", False),
    ("/v?", "/v", True),
    ("/%7Ea/%2e", "/~a/.", True),
    ("/a%252Fb", "/a%2Fb", False),
    ("/ü b", "/%c3%bc%20b", True),
    ("/a//b", "/a/b", False),
    ("/a/../b", "/b", False),
    ("/a%zz", "/a%25zz", False),
    ("/a%3Fb", "/a?b", False),
    ("/a/", "/a", False),
    ("/A", "/a", False),
    ("/a;x=1", "/a%3Bx=1", False),
]


@pytest.mark.parametrize(("one", "other", "agrees"), TARGETS)
def test_targets_agree_in_their_normal_form(
    runtime: Replica, one: str, other: str, agrees: bool
) -> None:
    """Whichever of the two was recorded."""
    for held, asked in ((one, other), (other, one)):
        session_id = runtime.create("replay")
        load(runtime, session_id, case(recorded(hop(path=held), "found"), rules=[replay()]))
        assert (said(runtime, session_id, hop(path=asked)) == "found") is agrees


# Case 8: hosts.
HOSTS = [
    ("[0:0::1]:80", "[::1]", True),
    ("[::ffff:10.0.0.1]", "[::ffff:a00:1]", True),
    ("[::1]:80", "[::1]:81", False),
    ("::1", "[::1]", True),
    ("API.example.com.:443", "api.example.com", True),
    ("straße.example", "XN--STRAE-OQA.example", True),
    ("straße.example", "strasse.example", False),
    ("bücher.example", "xn--bcher-kva.example", True),
    ("user:secret@api.example.com", "api.example.com", True),
    ("api.example.com:", "api.example.com", True),
    ("10.0.0.1", "10.0.0.10", False),
]


@pytest.mark.parametrize(("one", "other", "agrees"), HOSTS)
def test_hosts_agree_in_their_normal_form(
    runtime: Replica, one: str, other: str, agrees: bool
) -> None:
    """As recordings, and one of them as a rule's."""
    for held, asked in ((one, other), (other, one)):
        session_id = runtime.create("replay")
        recording = recorded(hop(**{"url.host": held}), "found")
        load(runtime, session_id, case(recording, rules=[replay()]))
        assert (said(runtime, session_id, hop(**{"url.host": asked})) == "found") is agrees
    answer = ask(
        runtime, mocked(runtime, mock({"host": other}, body="x")), hop(**{"url.host": one})
    )
    assert (answer.status == 200) is agrees


# Cases 2 to 5: responses.
@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({"Set-Cookie": "a=1", "set-cookie": "b=2"}, {"set-cookie": ["a=1", "b=2"]}),
        ({"set-cookie": ["a", "b", "a"]}, {"set-cookie": ["a", "b", "a"]}),
        ({"x": []}, {}),
        ({"Connection": "close, X-Hop", "x-hop": "1", "x": "2"}, {"x": "2"}),
        ({"Transfer-Encoding": "chunked", "Keep-Alive": "5", ":status": "200"}, {}),
        ({"CONTENT-ENCODING": "br"}, {"content-encoding": "br"}),
        ({"trailer": "x", "Upgrade": "h2c", "te": "trailers"}, {}),
    ],
)
def test_headers_are_handed_out_as_a_proxy_may_send_them(
    runtime: Replica, headers: dict[str, Any], left: dict[str, object]
) -> None:
    """Whatever their spelling; several values stay several."""
    found = hit(ask(runtime, mocked(runtime, mock({}, headers=headers, body="x")), hop()))
    prefix = "http.response.header."
    given = {key.removeprefix(prefix): found[key] for key in found if key.startswith(prefix)}
    assert given == left
    assert found["http.response.body"] == "x"


# Case 16: halves of characters.
@pytest.mark.parametrize("half", ["\\ude00", "\\ude00\\ud83d", "\\ud83d\\ud83d\\ude00", "a\\uDBFF"])
@pytest.mark.parametrize(
    ("when", "pointer"),
    [
        ('{"path":"HALF"}', "/rules/0/when/path"),
        ('{"headers":{"x":["a","HALF"]}}', "/rules/0/when/headers/x/1"),
        ('{"traceTags":{"t":{"HALF":1}}}', "/rules/0/when/traceTags/t"),
        ('{"bodyJsonPathEquals":{"$.a":["HALF"]}}', "/rules/0/when/bodyJsonPathEquals/$.a/0"),
    ],
)
def test_half_a_character_is_refused_wherever_it_stands(
    runtime: Replica, half: str, when: str, pointer: str
) -> None:
    """High or low, alone or in the wrong order."""
    rule = (
        f'{{"rules":[{{"when":{when.replace("HALF", half)},"then":{{"action":"passthrough"}}}}]}}'
    )
    session_id = runtime.create("replay")
    answer = runtime.post(f"/v1/sessions/{session_id}/rules", rule.encode())
    assert answer.status == 422
    assert [detail["path"] for detail in answer.json()["details"]] == [pointer]


def test_a_whole_character_in_two_escapes_is_one(runtime: Replica) -> None:
    """It is no half, in a rule and in a hop."""
    rule = mock({"bodyJsonPathEquals": {"$": "\U0001f600"}}, body={"a": "\U0001f600"})
    session_id = mocked(runtime, rule)
    found = hit(ask(runtime, session_id, posted('"\\ud83d\\ude00"'), PROTOBUF))
    assert json.loads(str(found["http.response.body"])) == {"a": "\U0001f600"}

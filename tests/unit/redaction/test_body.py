import base64
import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hop.json_value import NOT_JSON, parse_json, same_json
from app.jsonpath.path import JsonPath
from app.redaction.body import WHOLE, BodyRedaction

FORM = "application/x-www-form-urlencoded; charset=utf-8"


def _redacted(body: bytes, *paths: str, types: Any = (), codings: Any = ()) -> bytes:
    redaction = BodyRedaction(tuple(map(JsonPath.parse, paths)), types, codings)
    return redaction.redact(body)


CARD = b'{"card":{"number":"4000","cvc":1},"amount":5.0,"items":[{"serial":"s1"},{"serial":2}]}'


def test_what_the_paths_select_is_replaced_and_all_else_stays() -> None:
    """Any number of values, in objects and arrays, of any type."""
    assert _redacted(CARD, "$.card.number", "$.items[*].serial", "$.missing") == (
        b'{"card":{"number":"[redacted]","cvc":1},"amount":5.0,'
        b'"items":[{"serial":"[redacted]"},{"serial":"[redacted]"}]}'
    )


@pytest.mark.parametrize("body", [b"", CARD, b"\xff", b"a=1"])
def test_without_paths_a_body_stays(body: bytes) -> None:
    """Whatever it is."""
    assert _redacted(body) == body


def test_a_body_in_which_nothing_is_selected_stays() -> None:
    """And so does one that is missing."""
    assert _redacted(CARD, "$.x") == CARD
    assert _redacted(b"", "$.x") == b""


@pytest.mark.parametrize(
    "body", [b"text", b"\xff\x00", b"{", b"[redacted", b"[" * 300 + b"]" * 300]
)
def test_a_body_that_is_not_json_goes_whole(body: bytes) -> None:
    """A path could be applied to nothing."""
    assert _redacted(body, "$.x") == WHOLE


def test_a_path_that_is_too_much_work_makes_the_body_go_whole() -> None:
    """Nobody knows what it would have selected."""
    body = json.dumps([[0] * 50] * 5000).encode()
    assert _redacted(body, "$..[?count($..*) > 1]") == WHOLE


def test_an_ordinary_path_gets_through_a_large_body() -> None:
    """What it may do grows with the body."""
    body = json.dumps([{"id": n, "a": {"token": "s"}} for n in range(50_000)]).encode()
    redacted = _redacted(body, "$..token")
    assert redacted == body.replace(b'"s"', b'"[redacted]"')


@pytest.mark.parametrize("coding", ["gzip", "deflate", "x-gzip"])
def test_a_compressed_body_is_redacted_within_and_compressed_again(coding: str) -> None:
    """The bytes still agree with the recorded header."""
    pack = zlib.compress if coding == "deflate" else gzip.compress
    unpack = zlib.decompress if coding == "deflate" else gzip.decompress
    redacted = _redacted(pack(b'{"t":"s","a":1.0}'), "$.t", codings=[coding])
    assert unpack(redacted) == b'{"t":"[redacted]","a":1.0}'
    assert unpack(_redacted(pack(b"text"), "$.t", codings=[coding])) == WHOLE
    unchanged = pack(b'{"a":1}')
    assert _redacted(unchanged, "$.t", codings=[coding]) is unchanged


def test_a_body_in_an_unknown_coding_goes_whole() -> None:
    """Nobody could look into it."""
    assert _redacted(b"\x8b\x02\x80", "$.t", codings=["br"]) == WHOLE


def test_a_body_that_is_not_in_its_coding_is_taken_as_it_is() -> None:
    """JSON is not compressed where it was not before; what is broken goes whole."""
    assert _redacted(b'{"t":1}', "$.t", codings=["gzip"]) == b'{"t":"[redacted]"}'
    broken = _redacted(gzip.compress(b'{"t":1}')[:-9], "$.t", codings=["gzip"])
    assert gzip.decompress(broken) == WHOLE


def test_a_path_names_the_fields_of_a_form() -> None:
    """Where it is a name and no more; all its occurrences go."""
    form = b"user=u&token=s+1&x=%20&token=t"
    assert _redacted(form, "$.token", "$['other']", types=[FORM]) == (
        b"user=u&token=%5Bredacted%5D&x=%20&token=%5Bredacted%5D"
    )
    assert _redacted(form, "$['other']", types=[FORM]) == form


def test_a_form_goes_whole_where_a_path_is_more_than_a_name() -> None:
    """Or where nothing says that it is a form."""
    form = b"user=u&token=s"
    assert _redacted(form, "$.token", "$..other", types=[FORM]) == WHOLE
    assert _redacted(form, "$.token", types=["text/plain"]) == WHOLE
    assert _redacted(form, "$.token") == WHOLE


def test_a_path_goes_on_within_a_string_that_holds_json() -> None:
    """However often it is wrapped; the rest of the string stays what it said."""
    inner = json.dumps({"token": "s", "list": [1.50]})
    body = json.dumps({"plain": inner, "twice": json.dumps(inner), "text": "{no"}).encode()
    for path in ("$..token", "$.*.token"):
        redacted = json.loads(_redacted(body, path))
        assert redacted["plain"] == inner.replace('"s"', '"[redacted]"')
        assert json.loads(redacted["twice"]) == inner.replace('"s"', '"[redacted]"')
        assert redacted["text"] == "{no"


def test_a_path_sees_a_string_that_holds_json_as_a_string_too() -> None:
    """Both readings count."""
    body = json.dumps({"p": '{"a":1}', "q": 2}).encode()
    assert json.loads(_redacted(body, """$[?@ == '{"a":1}']"""))["p"] == "[redacted]"
    assert json.loads(_redacted(body, "$[?length(@) == 7]"))["p"] == "[redacted]"


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(b'{"token":"hush-4711"}').decode(),
        "a=1&token=hush-4711",
        "https://h/x?token=hush-4711",
        '\ufeff{"token":"hush-4711"}',
        '{"token":"hush-4711",}',
    ],
)
def test_a_string_goes_whole_in_which_a_path_would_find_something(text: str) -> None:
    """Where it holds a document that is not JSON."""
    body = json.dumps({"d": text, "e": "a=1"}).encode()
    redacted = {"d": "[redacted]", "e": "a=1"}
    assert json.loads(_redacted(body, "$..token")) == redacted
    assert json.loads(_redacted(body, "$.d.token")) == redacted
    assert _redacted(body, "$.token") == body


def test_documents_in_documents_too_deep_to_look_into_make_the_body_go_whole() -> None:
    """As a body does that is too deep by itself."""
    inner = "[" * 150 + "1" + "]" * 150
    body = json.dumps([[[inner]]]).replace('"[', '"' + "[" * 40).replace(']"', "]" * 40 + '"')
    assert b"[redacted]" not in _redacted(body.encode(), "$.t")
    deeper = json.dumps(json.loads("[" * 100 + json.dumps(inner) + "]" * 100)).encode()
    assert _redacted(deeper, "$.t") == WHOLE


@given(st.binary(), st.sampled_from(["$.a", "$..*", "$"]), st.sampled_from(["", "gzip", "br"]))
def test_no_body_is_too_strange(body: bytes, path: str, coding: str) -> None:
    """It comes out redacted or as it was."""
    _redacted(body, path, types=[FORM], codings=[coding])


_words = st.text(alphabet='ab"\\{}[]:,é\ud83d\n ', max_size=4)
_leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _words
_documents = st.recursive(
    _leaves.filter(lambda leaf: leaf not in (float("inf"), float("-inf"))),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_words, inner, max_size=3)
        | inner.map(lambda value: json.dumps([value]))
    ),
    max_leaves=8,
)
SECRET = "hush-4711"
_secrets = st.sampled_from(
    [SECRET, [SECRET], {"deep": [{SECRET: 1}]}, json.dumps({"x": SECRET}), f'"{SECRET}\\']
)


def _planted(document: Any, secret: Any, wrap: int) -> tuple[Any, Any]:
    """The document beside the secret, in strings that hold JSON, and the same with the mark."""
    pair = [{"keep": document, "sécret": value} for value in (secret, "[redacted]")]
    for _ in range(wrap):
        pair = [{"keep": document, "in": json.dumps(value)} for value in pair]
    return pair[0], pair[1]


@given(_documents, _secrets, st.integers(0, 3), st.booleans(), st.sampled_from([None, 1]))
def test_a_secret_goes_wherever_it_is_and_nothing_else_does(
    document: Any, secret: Any, wrap: int, is_ascii: bool, indent: int | None
) -> None:
    """In plain text, escaped or wrapped; the rest says what it said."""
    planted, expected = _planted(document, secret, wrap)
    body = json.dumps(planted, ensure_ascii=is_ascii, indent=indent)
    octets = body.encode("utf-8", "backslashreplace")
    redacted = _redacted(octets, "$..['sécret']")
    assert SECRET.encode() not in redacted
    assert base64.b64encode(SECRET.encode())[:-2] not in redacted
    value, wanted = parse_json(redacted), parse_json(json.dumps(expected).encode())
    assert value is not NOT_JSON
    assert wanted is not NOT_JSON
    if wrap == 0 or is_ascii:
        assert same_json(value, wanted)

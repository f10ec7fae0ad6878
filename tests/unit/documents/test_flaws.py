import pytest

from app.documents.flaws import FAR_AWAY, HALF_A_CHARACTER, HALF_A_KEY, MAX_WALKED, REPEATED, flaws
from app.documents.json_text import read_json
from app.errors import MAX_DETAILS


def _flaws(body: bytes) -> list[tuple[str, str]]:
    return [(place, sentence) for place, sentence in flaws(body, read_json(body))]


@pytest.mark.parametrize(
    "body",
    [
        rb'{"a":"\ud83d\ude00","\ud83d\ude00":1}',
        rb'{"a":"\\ud83d"}',
        rb'{"body":"{\"t\":\"\\ud83d\"}"}',
        rb'{"a":"\\\\ud83d","b":"\u00e9"}',
        '{"a":"😀"}'.encode(),
        rb'{"a":{"x":1},"b":{"x":1}}',
    ],
)
def test_whole_characters_and_unique_keys_are_no_flaw(body: bytes) -> None:
    """Nor an escape that is mere text."""
    assert _flaws(body) == []


@pytest.mark.parametrize(
    "text", [rb"\ud83d", rb"\uDE00", rb"x\ud83d", rb"\ude00\ud83d", rb"\\\ud83d", rb"\ud83d\\ude00"]
)
def test_half_a_character_is_a_flaw_at_its_place(text: bytes) -> None:
    """High or low, alone or in the wrong order, before or behind escaped backslashes."""
    assert _flaws(b'{"a":[1,{"b":"' + text + b'"}]}') == [("/a/1/b", HALF_A_CHARACTER)]


def test_half_a_character_in_a_key_is_a_flaw_of_its_object() -> None:
    """Such a key cannot be written into a pointer."""
    assert _flaws(rb'{"a":{"\ud83d":1,"\ude00":2}}') == [("/a", HALF_A_KEY)]


def test_a_key_that_stands_twice_is_a_flaw_at_the_key() -> None:
    """Once, however often it stands there; an inner object that another one replaced is gone."""
    body = b'{"a":1,"b":[{"c":1,"c":2,"c":3}],"a":{"d":1,"d":2},"e":{"f":1,"f":2},"e":0}'
    assert _flaws(body) == [
        ("/a", REPEATED),
        ("/e", REPEATED),
        ("/a/d", REPEATED),
        ("/b/0/c", REPEATED),
    ]


def test_flaws_are_told_in_the_order_of_the_document_and_20_at_most() -> None:
    """The rest is cut."""
    body = b"[" + b",".join([rb'"\ud83d"', b'{"a":1,"a":1}'] * 15) + b"]"
    told = _flaws(body)
    assert [place for place, _ in told[:4]] == ["/0", "/1/a", "/2", "/3/a"]
    assert len(told) == MAX_DETAILS


def test_flaws_of_keys_too_long_to_be_told_apart_are_told_once() -> None:
    """Their pointers end at the same object."""
    one, other = b'"' + b"k" * 300 + b'":1', b'"' + b"l" * 300 + b'":1'
    assert _flaws(b"{" + b",".join([one, one, other, other]) + b"}") == [("", REPEATED)]


def test_a_flaw_beyond_what_is_walked_is_told_of_the_whole_document() -> None:
    """Millions of values are not walked, but nothing spoilt is let through."""
    body = b"[" + b"0," * MAX_WALKED + rb'"\ud83d"]'
    assert _flaws(body) == [("", FAR_AWAY)]

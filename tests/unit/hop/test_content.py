import gzip
from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hop.content import Content, Kind
from app.hop.model import Hop

RECORDED = b'{"amount":1.0,"tags":["a","b"],"id":7,"on":true}'
IMAGE = b"\xff\xfe\0A\xc7("


def _content(body: bytes, encodings: Sequence[str] = ()) -> Content:
    """What a hop's body says, coded in these ways."""
    return Hop(body=body, headers={"content-encoding": tuple(encodings)}).content


def _key(body: bytes) -> bytes:
    return _content(body).key


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", Kind.EMPTY),
        (b"{}", Kind.JSON),
        (b"null", Kind.JSON),
        (b" 7 ", Kind.JSON),
        (b"a=1&b=2", Kind.OCTETS),
        (b" ", Kind.OCTETS),
        (IMAGE, Kind.OCTETS),
    ],
)
def test_a_body_is_json_if_it_parses_as_json_and_else_its_bytes(body: bytes, kind: Kind) -> None:
    """Its content type is not asked."""
    assert _content(body).kind is kind


@pytest.mark.parametrize(
    "body",
    [
        b'{ "on":true, "id":7, "tags":["a","b"], "amount":1 }',
        RECORDED.replace(b"1.0", b"1.00"),
        RECORDED.replace(b"1.0", b"1e0"),
    ],
)
def test_1_and_1_0_and_key_order_and_white_space_are_the_same_content(body: bytes) -> None:
    """Numbers are compared by their exact decimal value."""
    assert _content(body) == _content(RECORDED)
    assert _key(body) == _key(RECORDED)


@pytest.mark.parametrize(
    "body",
    [
        RECORDED.replace(b"1.0", b'"1"'),
        RECORDED.replace(b"1.0", b"true"),
        RECORDED.replace(b"true", b"1"),
        RECORDED.replace(b'"a","b"', b'"b","a"'),
        RECORDED.replace(b"}", b',"x":null}'),
    ],
)
def test_a_string_a_boolean_and_a_number_are_never_the_same_content(body: bytes) -> None:
    """Arrays are ordered, an extra key counts."""
    assert _content(body) != _content(RECORDED)
    assert _key(body) != _key(RECORDED)


def test_no_body_and_an_empty_body_differ_from_empty_json() -> None:
    """`{}`, `null` and white space are contents."""
    keys = [_key(body) for body in (b"", b"{}", b"null", b'""', b" ")]
    assert all(one != other for one, other in combinations(keys, 2))
    assert _content(gzip.compress(b""), ["gzip"]) == _content(b"")


def test_half_an_emoji_in_json_text_is_compared_without_an_error() -> None:
    """The escape is plain ASCII text."""
    assert _key(rb'{"t":"\ud83d"}') == _key(rb'{ "t": "\uD83D" }')
    assert _key(rb'{"t":"\ud83d"}') != _key(rb'{"t":"\ud83d\ude00"}')


def test_a_body_that_is_not_text_is_compared_byte_for_byte() -> None:
    """The last byte counts as well as the first."""
    assert _key(IMAGE) == _key(bytes(IMAGE))
    assert _key(IMAGE) != _key(IMAGE[:-1] + b")")


def test_a_compressed_body_has_the_content_of_the_plain_one() -> None:
    """But only where the hop says how it was compressed."""
    packed = gzip.compress(RECORDED)
    assert _content(packed, ["gzip"]) == _content(RECORDED)
    assert _content(packed) == Content(Kind.OCTETS, packed)


def test_json_nested_ten_thousand_deep_is_compared_as_text() -> None:
    """It neither raises nor equals another."""
    deep = b"[" * 10_000 + b"]" * 10_000
    assert _content(deep) == Content(Kind.OCTETS, deep)


def test_a_text_that_looks_like_a_canonical_form_is_not_taken_for_it() -> None:
    """`1e0` is JSON, but no text is JSON and text at once."""
    assert _key(b"1e0") == _key(b"1")
    assert _key(b"json 1e0") != _key(b"1")
    assert _key(b'{"a":1e0}') == _key(b'{"a":1}')


@given(st.binary(), st.lists(st.sampled_from(["gzip", "deflate", "br"])))
def test_no_body_is_too_strange_for_a_content(body: bytes, encodings: list[str]) -> None:
    """Equal bodies have equal, hashable contents."""
    content = _content(body, encodings)
    assert content == _content(body, encodings)
    assert hash(content) == hash(_content(body, encodings))


@given(st.binary(), st.binary())
def test_contents_are_equal_exactly_when_their_keys_are(one: bytes, other: bytes) -> None:
    """So the key can stand for the content."""
    is_equal = _content(one) == _content(other)
    assert (_key(one) == _key(other)) is is_equal

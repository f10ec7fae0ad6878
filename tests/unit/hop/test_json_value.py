import json
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hop.json_depth import MAX_DEPTH
from app.hop.json_value import NOT_JSON, Json, is_number, parse_json, same_json

_leaves = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "1", "true"])
_values = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)


def _read(text: str) -> Json:
    value = parse_json(text.encode())
    assert value is not NOT_JSON
    return value


@given(_values)
def test_a_body_is_read_as_its_value(value: Any) -> None:
    """With lists, dicts and strings as Python has them."""
    assert _read(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.0"),
        ("1", "1e0"),
        ("100", "1E+2"),
        ("-0.0", "0"),
        ("0.1", "1e-1"),
        ("10e999999998", "1e999999999"),
        ("9" * 5000, "9" * 5000 + ".0"),
        ("[1, {}]", "[1.0,{ }]"),
        ('{"a":1,"b":2}', '{"b":2.0,"a":1}'),
        ('{"a":1,"a":2}', '{"a":2}'),
        (r'"\u0061"', '"a"'),
        (r'"\ud83d\ude00"', '"😀"'),
    ],
)
def test_two_spellings_of_one_value_are_the_same(one: str, other: str) -> None:
    """Zeros, exponents, escapes, white space and the order of keys do not count."""
    assert same_json(_read(one), _read(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "true"),
        ("0", "false"),
        ("1", '"1"'),
        ("[1]", "[true]"),
        ('{"a":0}', '{"a":false}'),
        ("null", "false"),
        ("[1,2]", "[2,1]"),
        ("[1]", "[1,1]"),
        ("{}", "[]"),
        ('{"a":null}', "{}"),
        ("9007199254740993", "9007199254740992"),
        ("0.1", "0.1000000000000000055511151231257827"),
        ("1e999999999", "1e999999998"),
        (r'"\ud83d"', r'"\ud83e"'),
    ],
)
def test_two_different_values_are_not_the_same(one: str, other: str) -> None:
    """A string, a boolean and a number are never equal; the last digit counts."""
    assert not same_json(_read(one), _read(other))
    assert not same_json(_read(other), _read(one))


def test_a_short_integer_is_an_int_and_any_other_number_a_decimal() -> None:
    """Both are exact."""
    assert [type(_read(text)) for text in ("1", "1.0", "1" * 5000)] == [int, Decimal, Decimal]
    assert _read("0.1") == Decimal("0.1")


def test_a_boolean_is_no_number() -> None:
    """Though Python has it as one."""
    assert [is_number(_read(text)) for text in ("1", "1.5", "true", '"1"', "null")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_comparing_tells_how_much_it_is_about_to_compare() -> None:
    """Before it does, so that whoever listens can stop it."""
    spent: list[int] = []
    value = _read('[{"a":1,"b":2},3]')
    assert same_json(value, value, spent.append)
    assert sum(spent) == 4


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"01",
        b"+1",
        b".5",
        b"NaN",
        b"-Infinity",
        b"[1,]",
        b"{'a':1}",
        b'"\n"',
        b"\xef\xbb\xbf1",
        b'"\xff"',
        '"a"'.encode("utf-16"),
        b"1e" + b"9" * 19,
        b"1e-" + b"9" * 5000,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 1_000_000,
    ],
    ids=count(),
)
def test_what_is_no_json_in_utf8_has_no_value(body: bytes) -> None:
    """Nor has what is nested too deep, or a number beyond all measure."""
    assert parse_json(body) is NOT_JSON


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_the_deepest_json_does_not_depend_on_the_caller(opening: bytes, closing: bytes) -> None:
    """The bound is ours, well above what people send and below what Python bears."""
    for depth, is_json in ((MAX_DEPTH, True), (MAX_DEPTH + 1, False)):
        body = opening * depth + b"1" + closing * depth
        assert (parse_json(body) is not NOT_JSON) is is_json


@given(st.binary(max_size=40) | st.text(alphabet='[]{}",:\\ue+-.019truefalsnu ').map(str.encode))
def test_no_body_is_too_strange_to_be_read(body: bytes) -> None:
    """It has a value or none."""
    value = parse_json(body)
    assert value is NOT_JSON or same_json(value, value)

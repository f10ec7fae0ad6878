import json
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hop.json_form import canonical_json
from app.hop.json_value import NOT_JSON, parse_json

_leaves = (
    st.none()
    | st.booleans()
    | st.decimals(-1000, 1000, places=2)
    | st.integers().map(Decimal)
    | st.text(max_size=3)
    | st.sampled_from(["1", "1e0", "true", "null", "\0001.5", "\000"])
)
_values = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


def _form(body: bytes) -> bytes:
    value = parse_json(body)
    assert value is not NOT_JSON
    return canonical_json(value)


def _numeral(number: Decimal, spelling: int) -> str:
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    whole = int("".join(map(str, digits)))
    zeros = "0" * spelling
    point = f".{zeros}" if spelling % 2 else ""
    shift = exponent if point else exponent - spelling
    return f"{'-' if sign else ''}{whole}{point or (zeros if whole else '')}e{shift:+d}"


def _spelt(value: Any, spelling: int) -> str:
    """The JSON text of a value in one of several spellings."""
    space = " \n\t"[: spelling % 4]
    if isinstance(value, Decimal):
        return _numeral(value, spelling)
    if isinstance(value, list):
        return f"[{space}{f',{space}'.join(_spelt(item, spelling) for item in value)}]"
    if isinstance(value, dict):
        names = sorted(value, reverse=bool(spelling % 2))
        members = (f"{_spelt(name, spelling)}{space}:{_spelt(value[name], 0)}" for name in names)
        return f"{{{f',{space}'.join(members)}{space}}}"
    return json.dumps(value, ensure_ascii=bool(spelling % 2))


def _same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: numbers by value, no two of different types."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)


@given(_values, st.integers(0, 5), st.integers(0, 5))
def test_every_spelling_of_a_value_has_one_form(value: Any, one: int, other: int) -> None:
    """Order of keys, white space, escapes and zeros do not count."""
    forms = {_form(_spelt(value, spelling).encode()) for spelling in (one, other)}
    assert len(forms) == 1


@given(_values, _values)
def test_two_values_have_one_form_only_if_they_are_equal(one: Any, other: Any) -> None:
    """A string, a boolean and a number are never equal."""
    forms = [_form(_spelt(value, 0).encode()) for value in (one, other)]
    assert (forms[0] == forms[1]) is _same(one, other)


@pytest.mark.parametrize(
    ("numeral", "form"),
    [
        ("0", "0"),
        ("-0.00e7", "0"),
        ("1", "1"),
        ("1.0", "1"),
        ("10e-1", "1"),
        ("-12.50", r'"\u0000-12.5"'),
        ("0.00120", r'"\u00000.0012"'),
        ("1E+2", "100"),
        ("1e999999999", r'"\u00001E+999999999"'),
        ("10.0e-999999999", r'"\u00001E-999999998"'),
        ("9007199254740993", "9007199254740993"),
        ("1e17", "1" + "0" * 17),
        ("1" + "0" * 18, r'"\u00001E+18"'),
        ("100e16", r'"\u00001E+18"'),
        (
            "0.1000000000000000055511151231257827",
            r'"\u00000.1000000000000000055511151231257827"',
        ),
        ("1" * 9000, rf'"\u0000{"1" * 9000}"'),
    ],
    ids=count(),
)
def test_a_number_is_its_exact_decimal_value(numeral: str, form: str) -> None:
    """However long it is and however far from zero."""
    assert _form(numeral.encode()) == form.encode()


def test_of_a_repeated_key_the_last_value_counts() -> None:
    """As nearly every reader has it."""
    assert _form(b'{"a":1,"a":2}') == b'{"a":2}'


def test_half_an_emoji_is_compared_as_it_is_written() -> None:
    """It is JSON, though no UTF-8 can hold the character."""
    assert _form(rb'{ "t" : "\uD83D" }') == rb'{"t":"\ud83d"}'
    assert _form(rb'"\ud83d"') != _form(rb'"\ud83e"')


@pytest.mark.parametrize("number", ["1.5", "-0.25", "1e30"])
def test_a_string_that_looks_as_a_numbers_form_is_another_value(number: str) -> None:
    """Wherever it stands, and whatever stands beside it."""
    string = json.dumps(json.loads(_form(number.encode())))
    for frame in ("%s", "[%s]", '{"a":%s}', "[1.5,%s]", '["\\u0000",%s]', '{"\\u0000":%s}'):
        texts = [frame % inner for inner in (number, string, json.dumps(number))]
        assert len({_form(text.encode()) for text in texts}) == len(texts)
        assert _form((frame % number).encode()) == _form((frame % f" {number}").encode())

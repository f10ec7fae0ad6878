"""JSON in Lua, beside Python's."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.envoy.lua import Lua, untimed

LUA = Lua()
JSON = LUA.module("json")
LUA_TYPE = LUA.runtime.eval(b"type")
IS_ARRAY = LUA.runtime.eval(
    b"function(value, json) return getmetatable(value) == getmetatable(json.array({})) end"
)
IS_NULL = LUA.runtime.eval(b"function(value, json) return value == json.null end")

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def to_lua(value: Any) -> Any:
    """A Python value as the Lua module wants it."""
    if value is None:
        return JSON.null
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list):
        return JSON.array(LUA.table([to_lua(item) for item in value]))
    if isinstance(value, dict):
        return LUA.table({to_lua(key): to_lua(item) for key, item in value.items()})
    return value


def to_python(value: Any) -> Any:
    """A value of the Lua module as Python has it."""
    if IS_NULL(value, JSON):
        return None
    if isinstance(value, bytes):
        return value.decode()
    if LUA_TYPE(value) != b"table":
        return value
    if IS_ARRAY(value, JSON):
        return [to_python(item) for item in value.values()]
    return {key.decode(): to_python(item) for key, item in value.items()}


@untimed
@given(VALUES)
@example({})
@example([])
@example({"": [[], {}, None]})
@example('\x00\x01\x1f\x7f\x80\u2028\u2029\ufffe\U0001f600"\\/</script>')
def test_what_is_written_is_read_by_python_as_the_same_value(value: Any) -> None:
    """Controls, NULs, quotes, every plane of Unicode, empty arrays and empty objects."""
    assert json.loads(JSON.encode(to_lua(value))) == value


@untimed
@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
@example("\U0001f600\ud7ff\ue000", True, None)
def test_what_python_wrote_is_read_as_the_same_value(
    value: Any, ascii_only: bool, spacing: int | None
) -> None:
    """Escaped or raw, compact or spread over lines; surrogate pairs become one character."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=spacing)
    assert to_python(JSON.decode(text.encode())) == value


def test_a_text_of_megabytes_survives_both_ways() -> None:
    """Size is no special case."""
    text = 'line "one"\r\n\tcaf\u00e9 \x00 ' * 100_000
    written = JSON.encode(text.encode())
    assert json.loads(written) == text
    assert JSON.decode(written).decode() == text


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"nul",
        b"nulls",
        b"True",
        b"01",
        b"-",
        b"1.",
        b".5",
        b"+1",
        b"0x10",
        b"NaN",
        b"1e9999999",
        b"[1,]",
        b"[1 2]",
        b'{"a":1,}',
        b'{"a" 1}',
        b"{a:1}",
        b"{1:1}",
        b'"open',
        b'"\\',
        b'"\\u12"',
        b'"\\x41"',
        b'"a\nb"',
        b'"\x00"',
        b'"\\ud83d"',
        b'"\\ud83dx"',
        b'"\\ud83d\\u0041"',
        b'"\\ude00"',
        b"[1]]",
        b"{} {}",
        b"[" * 100 + b"]" * 100,
    ],
)
def test_what_is_no_json_is_refused_with_a_sentence(text: bytes) -> None:
    """Nothing is guessed: half surrogates, raw controls, trailing text, too deep nesting."""
    value, reason = JSON.decode(text)
    assert value is None
    assert reason.startswith(b"expected ")


@untimed
@given(VALUES, st.data())
def test_a_damaged_text_is_refused_or_read_as_python_reads_it(
    value: Any, data: st.DataObject
) -> None:
    """A character more, less or other never makes the reader fail but by its sentence."""
    text = json.dumps(value, ensure_ascii=False)
    at = data.draw(st.integers(0, len(text)))
    damaged = text[:at] + data.draw(st.text('[]{}",:\\0-9.eE+tfnu ', max_size=2)) + text[at + 1 :]
    found = JSON.decode(damaged.encode())
    if isinstance(found, tuple):
        assert found[0] is None
    else:
        assert to_python(found) == json.loads(damaged, parse_int=float)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_a_number_that_json_has_no_form_for_is_an_error(number: str) -> None:
    """Writing fails rather than writing something that no one can read."""
    with pytest.raises(Exception, match="JSON has no form for"):
        JSON.encode(float(number))

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.json_text import MAX_DEPTH, Ambiguous, read_json
from tests.unit.documents.refusals import refused

FILE_HINT = "; send the file itself: `--data-binary @FILE`"
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def _nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@given(VALUES)
def test_every_json_value_is_read_as_it_was_written(value: Any) -> None:
    """In plain UTF-8 or in escapes."""
    assert read_json(json.dumps(value).encode()) == (value, False)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", f"the body is empty; JSON was expected{FILE_HINT}"),
        (b" \n", f"the body is empty; JSON was expected{FILE_HINT}"),
        (b"a/b c.json", f"the body is not JSON: syntax error at line 1, column 1{FILE_HINT}"),
        (b"./a.json", f"the body is not JSON: syntax error at line 1, column 1{FILE_HINT}"),
        (b'{"a":\n 1,}', "the body is not JSON: syntax error at line 2, column 4"),
        (b"{} x", "the body is not JSON: syntax error at line 1, column 4"),
        (b"\xef\xbb\xbf{}", "the body begins with a byte order mark; plain UTF-8 was expected"),
        ("{}".encode("utf-16"), "the body begins with a byte order mark; plain UTF-8 was expected"),
        (b'{"a":"\xff"}', "the body is not UTF-8 text (at byte 6)"),
        (b'"\xed\xa0\xbd"', "the body is not UTF-8 text (at byte 1)"),
        (b"[NaN]", "the body is not JSON: it has no NaN"),
        (b"[-Infinity]", "the body is not JSON: it has no -Infinity"),
        (b"[1e999]", "the body holds a number beyond the range of a double"),
        (b"[" + b"9" * 5000 + b"]", "the body holds an integer with too many digits"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    """Never with what stands there."""
    error = refused(read_json, body)
    assert (error.name, error.message, error.details) == ("invalid_body", reason, ())


def test_200_levels_are_read() -> None:
    """However many brackets there are beside each other."""
    assert read_json(_nested(MAX_DEPTH)).value
    assert read_json(b"[" + b",".join([b"[{}]"] * 500) + b"]").value


@pytest.mark.parametrize(
    "body", [_nested(MAX_DEPTH + 1), _nested(100_000), b'{"a":' * 201 + b"1" + b"}" * 201]
)
def test_deeper_nesting_is_refused_without_a_recursion_error(body: bytes) -> None:
    """Just over the limit, and far beyond the interpreter's."""
    error = refused(read_json, body)
    assert (error.name, error.message) == (
        "invalid_body",
        "the body is nested deeper than 200 levels",
    )


def test_brackets_in_strings_are_no_nesting() -> None:
    """However many."""
    assert read_json(b'"' + b"[" * 5000 + b'"').value == "[" * 5000


def test_an_object_with_a_key_that_stands_twice_says_which() -> None:
    """The last one wins, as in every reader of JSON."""
    value, is_ambiguous = read_json(rb'{"a":1,"b":2,"\u0061":3,"c":{"d":1}}')
    assert is_ambiguous
    assert isinstance(value, Ambiguous)
    assert value == {"a": 3, "b": 2, "c": {"d": 1}}
    assert value.repeated == ["a"]

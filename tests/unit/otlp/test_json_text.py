import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ApiError
from app.hop.json_depth import MAX_DEPTH
from app.otlp.json_text import read_json

_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def _refused(body: bytes) -> ApiError:
    with pytest.raises(ApiError) as caught:
        read_json(body)
    assert caught.value.name == "invalid_body"
    return caught.value


@given(_ANY_JSON, st.booleans())
def test_json_reads_as_what_was_written(value: object, ascii_only: bool) -> None:
    """Escaped or raw, every character that UTF-8 can hold arrives."""
    assert read_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


SYNTAX = "is not JSON: syntax error at line"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "is empty; JSON was expected"),
        (b"{", f"{SYNTAX} 1, column 2"),
        (b"nope", f"{SYNTAX} 1, column 1"),
        (b"[1,\n]", f"{SYNTAX} 2, column 1"),
        (b'{"a": 1} x', f"{SYNTAX} 1, column 10"),
        (b"[NaN]", "is not JSON: it has no NaN"),
        (b"[Infinity]", "is not JSON: it has no Infinity"),
        (b"[-Infinity]", "is not JSON: it has no -Infinity"),
        (b'["\xff"]', "is not UTF-8 text (at byte 2)"),
        ('["x"]'.encode("utf-16"), "is not UTF-8 text (at byte 0)"),
        (b"[" + b"9" * 5000 + b"]", "holds an integer with too many digits"),
        (b'["tab\there"]', f"{SYNTAX} 1, column 6"),
    ],
)
def test_what_is_not_json_in_utf_8_is_refused_with_the_place(body: bytes, fault: str) -> None:
    """Nor are Python's own literals JSON."""
    assert _refused(body).message == f"the body {fault}"


@pytest.mark.parametrize(
    "body",
    [rb'"\ud83d"', rb'{"\uDE00": 1}', rb'{"a": [{"b": "x\ud83dx"}]}', rb'["\ude00\ud83d"]'],
)
def test_half_an_emoji_anywhere_is_refused(body: bytes) -> None:
    """A lone surrogate has no UTF-8 form, in a key or in a value."""
    assert "half a surrogate pair" in _refused(body).message


def test_an_escape_that_is_only_text_is_kept() -> None:
    r"""Two backslashes and `ud83d` are six characters; an escaped pair is one emoji."""
    assert read_json(rb'["{\"t\":\"\\ud83d\"}", "\ud83d\ude00"]') == [
        '{"t":"\\ud83d"}',
        "\U0001f600",
    ]


def test_the_deepest_nesting_allowed_is_read() -> None:
    """Brackets in strings and brackets that were closed do not count."""
    deepest = b"[" * MAX_DEPTH + rb'"[[[\"{{{\\"' + b"]" * MAX_DEPTH
    flat = b'[[],"' + b"{" * MAX_DEPTH + b'",' + b"{}," * MAX_DEPTH + b"[]]"
    assert read_json(deepest)
    assert read_json(flat)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_deeper_nesting_is_refused(depth: int, opening: bytes, closing: bytes) -> None:
    """The verdict hangs on the text alone, never on the stack that is left."""
    assert "200 levels" in _refused(opening * depth + b"1" + closing * depth).message


def test_a_string_that_never_ends_costs_no_more_than_its_length() -> None:
    """A million quotes behind an open string are passed over once."""
    _refused(b"[" * (MAX_DEPTH + 1) + b'"' + rb"\"" * 1_000_000)
    _refused(b"{" * (MAX_DEPTH + 1) + b'"' * 1_000_001 + b"\\")


@given(st.binary(max_size=64))
def test_any_bytes_give_a_value_or_the_error(body: bytes) -> None:
    """No other exception ever comes out."""
    with suppress(ApiError):
        read_json(body)

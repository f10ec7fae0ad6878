"""UTF-8 in Lua, beside Python's."""

from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.envoy.lua import Lua, untimed

UTF8 = Lua().module("utf8")
# Bytes at the borders of the table of well-formed sequences.
BORDERS = bytes.fromhex(
    "00 41 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 e1 ec ed ee ef f0 f1 f3 f4 f5 ff"
)


def is_utf8(data: bytes) -> bool:
    """What Python says."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@untimed
@given(st.lists(st.sampled_from(sorted(BORDERS)), max_size=6).map(bytes) | st.binary(max_size=50))
@example(b"\xed\xa0\x80")
@example(b"\xc0\x80")
@example(b"\xf4\x90\x80\x80")
@example(b"caf\xc3")
def test_bytes_are_utf8_exactly_where_python_says_so(data: bytes) -> None:
    """Overlong forms, surrogates, cut sequences and code points that do not exist are none."""
    assert UTF8.is_valid(data) == is_utf8(data)


@untimed
@given(st.text(max_size=200))
def test_any_text_is_utf8(text: str) -> None:
    """What Python encoded is valid."""
    assert UTF8.is_valid(text.encode()) is True


@untimed
@given(st.characters(exclude_categories=["Cs"]))
def test_a_code_point_is_written_as_python_writes_it(character: str) -> None:
    """One to four bytes."""
    assert UTF8.encode(ord(character)) == character.encode()


@untimed
@given(st.binary(max_size=50))
def test_a_header_is_kept_or_read_as_latin_1(data: bytes) -> None:
    """A recorded header is always text."""
    expected = data if is_utf8(data) else data.decode("latin-1").encode()
    assert UTF8.header_text(data) == expected


@pytest.mark.parametrize("path", [b"/caf\xc3\xa9", b"/caf\xe9/%41", b"/%ff\xff"])
def test_a_path_is_kept_or_escaped(path: bytes) -> None:
    """Raw bytes that are not UTF-8 get the escapes that URIs have for them; escapes stay."""
    text = UTF8.uri_text(path)
    assert is_utf8(text)
    assert unquote_to_bytes(text) == unquote_to_bytes(path)
    assert (text == path) == is_utf8(path)

"""Base64 in Lua, beside Python's."""

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.envoy.lua import Lua, untimed

BASE64 = Lua().module("base64")


@untimed
@given(st.binary(max_size=2000))
def test_any_bytes_are_written_as_python_writes_them(data: bytes) -> None:
    """Every length, every padding, every byte."""
    assert BASE64.encode(data) == b64encode(data)


@untimed
@given(st.binary(max_size=2000))
def test_what_python_wrote_is_read_back(data: bytes) -> None:
    """Reading is the inverse of writing."""
    assert BASE64.decode(b64encode(data)) == data


def test_a_body_of_megabytes_survives_both_ways() -> None:
    """Size is no special case."""
    data = bytes(range(256)) * 8192
    encoded = BASE64.encode(data)
    assert encoded == b64encode(data)
    assert BASE64.decode(encoded) == data


@untimed
@given(st.binary(max_size=40))
def test_what_is_no_base64_is_nil_and_the_rest_is_read_as_python_reads_it(text: bytes) -> None:
    """Random bytes are never read as something else than Python reads."""
    found = BASE64.decode(text)
    assert found is None or found == b64decode(text, validate=True)


@pytest.mark.parametrize(
    "text",
    [b"A", b"AB", b"ABC", b"====", b"A===", b"AB=C", b"AB==CDEF", b"AB\nC", b"AB-_", b"AB C"],
)
def test_a_misshapen_text_is_nil(text: bytes) -> None:
    """Wrong lengths, padding inside, line breaks and the URL alphabet are refused."""
    assert BASE64.decode(text) is None

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.otlp.octets import from_base64, from_hex, to_base64


@given(st.binary())
def test_every_spelling_of_base64_reads_back(octets: bytes) -> None:
    """Standard or URL-safe, padded or not."""
    for text in (to_base64(octets), base64.urlsafe_b64encode(octets).decode()):
        assert from_base64(text) == octets
        assert from_base64(text.rstrip("=")) == octets


@pytest.mark.parametrize("text", ["a", "hello world", "é", "//4A\n", "/=/4"])
def test_what_is_not_base64_is_not_guessed_at(text: str) -> None:
    """White space, foreign characters and impossible lengths are no base64."""
    assert from_base64(text) is None


@given(st.binary())
def test_hex_reads_back_in_either_case(octets: bytes) -> None:
    """Lower and upper case are the same."""
    assert from_hex(octets.hex()) == from_hex(octets.hex().upper()) == octets


@pytest.mark.parametrize("text", ["a", "zz", "ab cd", "éé", "0x12"])
def test_what_is_not_hex_is_not_guessed_at(text: str) -> None:
    """White space and prefixes are no hex."""
    assert from_hex(text) is None

import pytest

from app.hop.deflate import deflate
from app.hop.inflate import inflate


@pytest.mark.parametrize(
    "encodings", [[], ["gzip"], ["deflate"], ["x-gzip, Identity"], ["gzip", "deflate"]]
)
def test_what_is_deflated_inflates_to_the_same(encodings: list[str]) -> None:
    """In the codings of the header, one upon the other."""
    packed = deflate(b"abc" * 100, encodings)
    assert packed is not None
    assert inflate(packed, encodings, 1000) == b"abc" * 100


def test_the_same_body_always_gives_the_same_bytes() -> None:
    """There is no time in them."""
    assert deflate(b"abc", ["gzip"]) == deflate(b"abc", ["gzip"])
    assert deflate(b"abc", ["gzip"])[4:8] == b"\0\0\0\0"  # type: ignore[index]


@pytest.mark.parametrize("encodings", [["br"], ["gzip, zstd"], ["gzip"] * 5])
def test_an_unknown_coding_or_too_many_are_not_written(encodings: list[str]) -> None:
    """Nobody could read them."""
    assert deflate(b"abc", encodings) is None

import gzip
import zlib
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hop.inflate import inflate

BODY = b'{"amount": 5}'
LIMIT = 1000
RAW_DEFLATE = zlib.compress(BODY, wbits=-15)

# Without the time of day, so that every worker names the tests alike.
_gzip = partial(gzip.compress, mtime=0)
_codings = st.sampled_from(["gzip", "deflate", "identity", "br", "gzip, deflate", ""])


@pytest.mark.parametrize(
    ("body", "encodings"),
    [
        (_gzip(BODY), ["gzip"]),
        (_gzip(BODY), ["X-GZIP"]),
        (_gzip(BODY), ["identity", " GZip "]),
        (zlib.compress(BODY), ["deflate"]),
        (RAW_DEFLATE, ["deflate"]),
        (_gzip(BODY[:4]) + _gzip(BODY[4:]), ["gzip"]),
        (_gzip(zlib.compress(BODY)), ["deflate, gzip"]),
        (_gzip(zlib.compress(BODY)), ["deflate", "gzip"]),
        (BODY, []),
        (BODY, ["", "identity"]),
    ],
)
def test_a_body_is_inflated_as_its_codings_say(body: bytes, encodings: list[str]) -> None:
    """The last coding first."""
    assert inflate(body, encodings, LIMIT) == BODY


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (BODY, "gzip"),
        (BODY, "deflate"),
        (BODY, "br"),
        (b"", "gzip"),
        (_gzip(BODY)[:-3], "gzip"),
        (_gzip(BODY) + b"more", "gzip"),
        (_gzip(BODY), "deflate, gzip"),
        (_gzip(BODY) * 1000, "gzip"),
        (_gzip(BODY), ",".join(["gzip"] * 1000)),
    ],
)
def test_what_cannot_be_inflated_is_taken_as_it_came(body: bytes, encoding: str) -> None:
    """An unknown coding, a broken body, or one that is made to keep us busy."""
    assert inflate(body, [encoding], LIMIT) == body


def test_the_limit_is_that_of_the_inflated_body() -> None:
    """All members together; what is over it by one byte is taken as it came."""
    fits, bomb = _gzip(b"0" * LIMIT), _gzip(b"0" * (LIMIT + 1))
    assert inflate(fits, ["gzip"], LIMIT) == b"0" * LIMIT
    assert inflate(bomb, ["gzip"], LIMIT) == bomb
    assert inflate(fits + fits, ["gzip"], LIMIT) == fits + fits


@given(st.binary(), st.lists(_codings))
def test_no_body_is_too_strange_to_inflate(body: bytes, encodings: list[str]) -> None:
    """Nor is any list of codings."""
    assert len(inflate(body, encodings, LIMIT)) <= max(LIMIT, len(body))

"""Request bodies: whole, inflated, and never over the limit."""

import gzip
import zlib
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ApiError
from app.http import body
from app.http.body import ClientGone, read_body

LIMIT = 1000


async def read(chunks: Iterable[bytes], *, gone: bool = False, **headers: str) -> bytes:
    """Read a body that arrives in these chunks."""
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ]
    messages.append({"type": "http.disconnect"} if gone else {"type": "http.request"})

    async def receive() -> Any:
        return messages.pop(0)

    raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return await read_body({"headers": raw}, receive, LIMIT)


async def name_of_refusal(chunks: Iterable[bytes], **headers: str) -> str:
    """The name of the error that a body meets."""
    with pytest.raises(ApiError) as refused:
        await read(chunks, **headers)  # type: ignore[arg-type]
    return refused.value.name


async def test_a_body_is_its_chunks() -> None:
    """However it is split, it is the same body."""
    assert await read([b"ab", b"", b"c"]) == b"abc"
    assert await read([]) == b""


async def test_a_body_at_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    """The limit holds whether the length was announced or not."""
    assert len(await read([b"x" * LIMIT])) == LIMIT
    assert await name_of_refusal([b"x" * LIMIT, b"x"]) == "body_too_large"
    assert await name_of_refusal([], content_length=str(LIMIT + 1)) == "body_too_large"


async def test_gzip_is_inflated_within_the_limit() -> None:
    """The limit is that of the inflated size, to the byte."""
    assert await read([gzip.compress(b"x" * LIMIT)], content_encoding="gzip") == b"x" * LIMIT
    bomb = gzip.compress(b"x" * (LIMIT + 1))
    assert await name_of_refusal([bomb], content_encoding="gzip") == "body_too_large"


async def test_many_gzip_members_are_too_much_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """However little is in them."""
    monkeypatch.setattr(body, "MAX_MEMBERS", 10)
    empty = gzip.compress(b"", mtime=0)
    most = empty * 9 + gzip.compress(b"x")
    assert await read([most], content_encoding="gzip") == b"x"
    assert await name_of_refusal([most, empty], content_encoding="gzip") == "body_too_large"


async def test_several_gzip_members_are_one_body() -> None:
    """Their sizes add up, for the body and for the limit."""
    member = gzip.compress(b"y" * 400)
    assert await read([member + member], content_encoding="GZIP") == b"y" * 800
    assert await name_of_refusal([member, member, member], content_encoding="gzip") == (
        "body_too_large"
    )


@given(data=st.binary(max_size=300), cut=st.integers(min_value=1, max_value=50))
async def test_gzip_may_arrive_in_any_pieces(data: bytes, cut: int) -> None:
    """Chunks of any size give the same body."""
    packed = gzip.compress(data)
    chunks = [packed[n : n + cut] for n in range(0, len(packed), cut)]
    assert await read(chunks, content_encoding="gzip") == data


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"no gzip",
        gzip.compress(b"x" * 100)[:-9],
        gzip.compress(b"x") + b"tail",
        zlib.compress(b"x"),
    ],
    ids=["empty", "text", "cut", "tail", "zlib"],
)
async def test_gzip_that_is_not_whole_is_an_invalid_body(broken: bytes) -> None:
    """Whatever else is said to be gzip is refused."""
    assert await name_of_refusal([broken], content_encoding="gzip") == "invalid_body"


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "gzip, gzip", "nonsense"])
async def test_another_coding_is_unsupported(coding: str) -> None:
    """Only gzip and identity are taken."""
    assert await name_of_refusal([b"x"], content_encoding=coding) == "unsupported_media_type"


async def test_a_client_that_leaves_is_not_answered() -> None:
    """A body that will never be whole ends the call."""
    with pytest.raises(ClientGone):
        await read([b"x"], gone=True)

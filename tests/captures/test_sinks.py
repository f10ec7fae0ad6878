"""The contract of every sink: a file or an object is there whole or not at all."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.captures.sink import SinkError
from app.captures.sinks import Sinks
from tests.captures.clouds import BUCKET
from tests.captures.conftest import cloud_of

MIB = 2**20


@dataclass
class Place:
    """A sink and what can be seen at its destination.

    root: the folder or the bucket, as a path or URL.
    names: all names that a reader of the destination sees.
    unfinished: what was begun there and never ended.
    """

    sink: Sinks
    root: str
    names: Callable[[], set[str]]
    unfinished: Callable[[], list[str]]

    def path(self, name: str) -> str:
        """The path or URL of a name."""
        return f"{self.root}/{name}"

    async def read(self, name: str) -> bytes | None:
        """What the sink reads back."""
        chunks = await self.sink.read(self.path(name))
        return None if chunks is None else b"".join([chunk async for chunk in chunks])

    async def holds(self, name: str, whole: bytes) -> bool:
        """Whether just these bytes read back; a difference of megabytes is nothing to print."""
        return await self.read(name) == whole


@pytest.fixture(params=["file", "s3", "gs", "azblob"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A destination that nobody else writes to, for each scheme."""
    if request.param == "file":
        return Place(
            Sinks(),
            str(tmp_path),
            lambda: {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()},
            list,
        )
    cloud = cloud_of(request.param, request)
    prefix = uuid.uuid4().hex
    return Place(
        Sinks(),
        f"{cloud.root}/{prefix}",
        lambda: {n.removeprefix(f"{prefix}/") for n in cloud.names() if n.startswith(prefix)},
        lambda: [key for key in cloud.unfinished() if key.startswith(prefix)],
    )


async def pieces(*chunks: bytes, failure: Exception | None = None) -> AsyncIterator[bytes]:
    """The chunks, and then perhaps a failure."""
    for chunk in chunks:
        yield chunk
    if failure:
        raise failure


def large() -> list[bytes]:
    """Some 21 MiB in pieces of odd sizes, no two parts of them alike."""
    return [bytes([n]) * (n * 20_011) for n in range(47)]


@pytest.mark.parametrize("chunks", [[], [b"x"], [b"ab", b"", b"c"] * 1000, large()])
async def test_what_was_written_reads_back(place: Place, chunks: list[bytes]) -> None:
    """Byte for byte, with its size told, and nothing else is left at the destination."""
    whole = b"".join(chunks)
    assert await place.sink.write(place.path("case.json"), pieces(*chunks)) == len(whole)
    assert await place.holds("case.json", whole)
    assert (place.names(), place.unfinished()) == ({"case.json"}, [])


@pytest.mark.parametrize("name", ["a/b/c.json", "a b.json", "ä%20ö.json", "a+b=c&d,e;f'(g).json"])
async def test_odd_names_are_kept(place: Place, name: str) -> None:
    """The name at the destination is the one that was asked for."""
    await place.sink.write(place.path(name), pieces(b"x"))
    assert place.names() == {name}
    assert await place.read(name) == b"x"


async def test_what_was_removed_is_gone(place: Place) -> None:
    """That alone, and removing it once more is no error."""
    for name in ("a.json", "b.json"):
        await place.sink.write(place.path(name), pieces(b"x"))
    for _ in range(2):
        await place.sink.remove(place.path("a.json"))
    assert place.names() == {"b.json"}


async def test_a_shorter_case_replaces_a_longer_one_whole(place: Place) -> None:
    """Nothing of the old one is left."""
    await place.sink.write(place.path("c"), pieces(*large()))
    await place.sink.write(place.path("c"), pieces(b"short"))
    assert await place.read("c") == b"short"


@pytest.mark.parametrize("size", [1, 16 * MIB])
async def test_nothing_is_seen_before_the_end(place: Place, size: int) -> None:
    """Neither a part nor an empty one, however much has been sent."""
    seen: list[bool] = []

    async def watched() -> AsyncIterator[bytes]:
        yield bytes(size)
        seen.append(await place.read("c") is not None)

    await place.sink.write(place.path("c"), watched())
    assert seen == [False]
    assert await place.holds("c", bytes(size))


@pytest.mark.parametrize("sent", [b"x", bytes(16 * MIB)])
@pytest.mark.parametrize("failure", [ValueError("broken"), FileNotFoundError("not ours")])
async def test_a_broken_stream_leaves_what_was_there(
    place: Place, sent: bytes, failure: Exception
) -> None:
    """What it raises passes through as it is, and nothing unfinished stays."""
    await place.sink.write(place.path("c"), pieces(b"old"))
    with pytest.raises(type(failure), match=str(failure)):
        await place.sink.write(place.path("c"), pieces(sent, failure=failure))
    assert await place.read("c") == b"old"
    assert (place.names(), place.unfinished()) == ({"c"}, [])


@pytest.mark.parametrize("sent", [b"x", bytes(16 * MIB)])
async def test_a_cancelled_write_leaves_nothing(place: Place, sent: bytes) -> None:
    """A replica that ends in the middle of a close takes back what it sent."""
    waiting = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield sent
        waiting.set()
        await asyncio.Event().wait()

    writing = asyncio.create_task(place.sink.write(place.path("c"), endless()))
    await waiting.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert (place.names(), place.unfinished()) == (set(), [])


async def test_parallel_writes_do_not_mix(place: Place) -> None:
    """Those of different names are all there; of one name at least one is, and it is whole."""
    cases = [bytes([n]) * (6 * MIB + n) for n in range(4)]
    writes = [place.sink.write(place.path(f"{n}"), pieces(case)) for n, case in enumerate(cases)]
    same = [place.sink.write(place.path("same"), pieces(case)) for case in cases]
    await asyncio.gather(*writes)
    written = await asyncio.gather(*same, return_exceptions=True)
    assert any(isinstance(size, int) for size in written)
    assert all([await place.holds(f"{n}", case) for n, case in enumerate(cases)])
    assert any([await place.holds("same", case) for case in cases])
    assert place.unfinished() == []


async def test_what_is_gone_reads_as_none(place: Place) -> None:
    """Missing is not an error of the destination."""
    assert await place.read("gone") is None


async def test_a_refusal_names_the_place(place: Place) -> None:
    """A destination where nothing can be written says so, and where."""
    if place.root.startswith("/"):
        Path(place.path("in-the-way")).write_text("")
        refused = place.path("in-the-way/c")
    else:
        refused = place.path("c").replace(BUCKET, "no-such-bucket")
    with pytest.raises(SinkError, match=r"in-the-way|no-such-bucket"):
        await place.sink.write(refused, pieces(b"x"))

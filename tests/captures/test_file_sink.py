"""The file sink: a file appears whole or not at all."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.captures.file_sink import FileSink
from app.captures.sink import SinkError


async def pieces(*chunks: bytes, failure: Exception | None = None) -> AsyncIterator[bytes]:
    """The chunks, and then perhaps a failure."""
    for chunk in chunks:
        yield chunk
    if failure:
        raise failure


async def read(path: Path) -> bytes:
    """What the sink reads back."""
    chunks = await FileSink().read(str(path))
    assert chunks is not None
    return b"".join([chunk async for chunk in chunks])


async def test_a_file_is_written_whole_and_reads_back(tmp_path: Path) -> None:
    """Missing folders are made, the size is told, and no temporary file stays."""
    path = tmp_path / "a" / "b" / "case.json"
    chunks = [b"x" * 1000] * 700
    assert await FileSink().write(str(path), pieces(*chunks)) == 700_000
    assert await read(path) == b"".join(chunks)
    assert [entry.name for entry in path.parent.iterdir()] == ["case.json"]


async def test_a_broken_stream_leaves_nothing(tmp_path: Path) -> None:
    """What the stream raises passes through, and there is neither a file nor a temporary one."""
    with pytest.raises(ValueError, match="broken"):
        await FileSink().write(str(tmp_path / "c"), pieces(b"x", failure=ValueError("broken")))
    assert list(tmp_path.iterdir()) == []


async def test_a_broken_stream_leaves_the_file_before_it(tmp_path: Path) -> None:
    """A file that was there stays as it was until the new one is whole."""
    path = tmp_path / "c"
    await FileSink().write(str(path), pieces(b"old"))
    with pytest.raises(ValueError, match="broken"):
        await FileSink().write(str(path), pieces(b"new", failure=ValueError("broken")))
    assert await read(path) == b"old"


async def test_a_folder_that_cannot_be_made_is_a_refusal(tmp_path: Path) -> None:
    """The error says where and why."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match="file/case"):
        await FileSink().write(str(tmp_path / "file" / "case"), pieces(b"x"))


async def test_a_full_disk_is_a_refusal_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of fsync, where a full disk may show first, removes the temporary file."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.captures.file_sink.os.fsync", full)
    with pytest.raises(SinkError, match="No space left"):
        await FileSink().write(str(tmp_path / "c"), pieces(b"x"))
    assert list(tmp_path.iterdir()) == []


async def test_what_a_killed_writer_left_is_swept_by_the_next(tmp_path: Path) -> None:
    """Temporary files of the same case go, those of others stay."""
    (tmp_path / ".case.json.0123.tmp").write_text("half")
    (tmp_path / ".other.json.0123.tmp").write_text("half")
    await FileSink().write(str(tmp_path / "case.json"), pieces(b"x"))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        ".other.json.0123.tmp",
        "case.json",
    ]


async def test_a_file_that_is_gone_reads_as_none(tmp_path: Path) -> None:
    """Missing is not an error of the destination."""
    assert await FileSink().read(str(tmp_path / "gone")) is None


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
async def test_what_has_taken_a_files_place_is_not_read(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    """The file is gone; to wait at a pipe for somebody to write into it would never end."""
    make(tmp_path / "case.json")
    assert await FileSink().read(str(tmp_path / "case.json")) is None


async def test_a_file_that_cannot_be_read_is_a_refusal(tmp_path: Path) -> None:
    """A name that is no file's leads nowhere, but not because a file is gone."""
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SinkError):
        await FileSink().read(str(tmp_path / "loop"))

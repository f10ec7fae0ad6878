"""The object sink: case files as objects in S3, Google Cloud Storage or Azure Blob Storage.

A case of one part is a single PUT; a longer one is a multipart upload, which obstore completes
at the end of the stream and aborts if the stream fails. Either way an object appears whole or not
at all. Credentials, endpoint and region come from each cloud's usual environment, which obstore
reads.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store

from app.captures.blocks import blocks
from app.captures.sink import SinkError

# The size of a part, in bytes: the least that S3 takes; 10,000 of them are its most.
PART = 5 * 2**20
# One part travels while the next is made, which takes longer than the way in the same region.
PARTS_AT_ONCE = 1
# How much of the stream is handed over at a time, and of an object asked for, in bytes.
WRITE_BLOCK = 256 * 1024
READ_BLOCK = 4 * 2**20
CONNECT_SECONDS = 5
# One request, body and answer. A destination that falls silent is a refusal after one of these, and
# after another one where there is an upload to abort.
REQUEST_SECONDS = 20
RETRIES = 4
# No request is repeated once this long has passed since it was first sent, in seconds.
RETRY_SECONDS = 15
# How long a cancelled write may take to abort its upload, in seconds.
ABORT_SECONDS = 5

STORES: Mapping[str, Callable[..., ObjectStore]] = {
    "s3": S3Store,
    "gs": GCSStore,
    "azblob": AzureStore,
}

# The library's own names for some answers.
_STATUSES: Mapping[type[Exception], str] = {
    PermissionDeniedError: "403 Forbidden",
    UnauthenticatedError: "401 Unauthorized",
    FileNotFoundError: "404 Not Found",
}


def _connect(scheme: str, bucket: str) -> ObjectStore:
    """The bucket, with our patience and else by its cloud's environment variables."""
    return STORES[scheme](
        bucket,
        config={"connect_timeout": f"{CONNECT_SECONDS}s", "timeout": f"{REQUEST_SECONDS}s"},
        retry_config={
            "max_retries": RETRIES,
            "retry_timeout": timedelta(seconds=RETRY_SECONDS),
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(seconds=2),
                "base": 2,
            },
        },
    )


def _status(error: Exception) -> str:
    """The status that the destination answered; empty where it answered nothing."""
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return status
    found = re.search(r"status code: (\d{3}[\w -]*)", str(error))
    return found[1].strip() if found else ""


def _reason(error: Exception) -> str:
    """What the destination said, by status and code alone: URLs in the text may hold signatures."""
    status = _status(error)
    code = re.search(r"<Code>(\w{1,64})</Code>", str(error))
    if not status:
        return "the destination did not answer"
    return f"the destination answered {status}" + (f" ({code[1]})" if code else "")


@contextmanager
def _refusals(url: str) -> Iterator[None]:
    try:
        yield
    except (BaseError, FileNotFoundError) as error:
        # Not `from error`: its text may hold what ours leaves out.
        raise SinkError(url, _reason(error)) from None


class _Broken(Exception):  # noqa: N818 (what tells obstore to abort)
    """The stream has failed."""


class _Pieces:
    """What an upload reads from; the stream itself is read by who writes.

    So whatever the stream raises, and a cancellation too, reaches the writer as it is, while the
    upload sees an error in the place of a piece and aborts.
    """

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes | type[Exception]] = asyncio.Queue(1)

    async def put(self, piece: bytes) -> None:
        await self._queue.put(piece)

    async def end(self) -> None:
        await self._queue.put(StopAsyncIteration)

    def break_off(self) -> None:
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(_Broken)

    def __aiter__(self) -> "_Pieces":
        return self

    async def __anext__(self) -> bytes:
        piece = await self._queue.get()
        if isinstance(piece, bytes):
            return piece
        raise piece


class _Upload:
    """A multipart upload under way."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._pieces = _Pieces()
        self._done = asyncio.ensure_future(
            obstore.put_async(
                store, key, self._pieces, chunk_size=PART, max_concurrency=PARTS_AT_ONCE
            )
        )

    async def send(self, piece: bytes) -> None:
        """Hand over a piece. Raises what has ended the upload meanwhile."""
        await self._unless_over(self._pieces.put(piece))

    async def complete(self) -> None:
        """Let the object appear."""
        await self._unless_over(self._pieces.end())
        await asyncio.shield(self._done)

    async def abort(self) -> None:
        """Take back what was sent, within bounds."""
        self._pieces.break_off()
        await asyncio.wait({self._done}, timeout=ABORT_SECONDS)
        self._done.cancel()
        await asyncio.gather(self._done, return_exceptions=True)

    async def _unless_over(self, step: Coroutine[Any, Any, None]) -> None:
        handing = asyncio.ensure_future(step)
        try:
            await asyncio.wait({handing, self._done}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            handing.cancel()
        if self._done.done():
            await self._done


async def _up_to_a_part(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces until they make a part; the rest stays in the stream."""
    size = 0
    while size < PART and (piece := await anext(pieces, b"")):
        size += len(piece)
        yield piece


async def _chain(beginning: list[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while beginning:
        yield beginning.pop(0)
    async for piece in rest:
        yield piece


class ObjectSink:
    """Case files in one bucket.

    scheme: `s3`, `gs` or `azblob`. bucket: the bucket or container.
    Raises SinkError if what the environment says about the cloud cannot be used.
    """

    def __init__(self, scheme: str, bucket: str) -> None:
        self._root = f"{scheme}://{bucket}/"
        try:
            self._store = _connect(scheme, bucket)
        except (BaseError, ValueError) as error:
            raise SinkError(self._root, str(error).splitlines()[0]) from None

    async def write(self, path: str, chunks: AsyncIterator[bytes]) -> int:
        """Write an object whole or not at all; gives its size in bytes once it is stored."""
        pieces = blocks(chunks, WRITE_BLOCK)
        beginning = [piece async for piece in _up_to_a_part(pieces)]
        size = sum(map(len, beginning))
        if size >= PART:
            return await self._upload(path, _chain(beginning, pieces))
        whole = b"".join(beginning)
        with _refusals(path):
            await obstore.put_async(self._store, self._key(path), whole, use_multipart=False)
        return size

    def _key(self, path: str) -> str:
        return path.removeprefix(self._root)

    async def _upload(self, path: str, pieces: AsyncIterator[bytes]) -> int:
        upload = _Upload(self._store, self._key(path))
        size = 0
        try:
            async for piece in pieces:
                size += len(piece)
                with _refusals(path):
                    await upload.send(piece)
            with _refusals(path):
                await upload.complete()
        except BaseException:
            await upload.abort()
            raise
        return size

    async def remove(self, path: str) -> None:
        """Remove an object that may be gone already. Raises SinkError."""
        with _refusals(path), contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(self._store, self._key(path))

    async def read(self, path: str) -> AsyncIterator[bytes] | None:
        """The object's chunks, each asked for when it is wanted, or None where it is gone."""
        key = self._key(path)
        with _refusals(path):
            try:
                size = (await obstore.head_async(self._store, key))["size"]
            except FileNotFoundError:
                return None

        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, size, READ_BLOCK):
                end = min(start + READ_BLOCK, size)
                with _refusals(path):
                    block = await obstore.get_range_async(self._store, key, start=start, end=end)
                yield bytes(block)

        return chunks()

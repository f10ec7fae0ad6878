"""The object sink where its cloud fails: a refusal within bounds, and nothing left behind."""

import uuid
from collections.abc import AsyncIterator, Callable

import pytest

from app.captures import object_sink
from app.captures.object_sink import ObjectSink
from app.captures.sink import SinkError
from tests.captures import clouds
from tests.captures.clouds import BUCKET, Cloud
from tests.captures.faulty_proxy import Ask, always

MIB = 2**20
# What stands for no answer among the statuses that a cloud fails with.
SILENCE = 0


@pytest.fixture(autouse=True)
def bounds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second for a cloud that is silent or fails; all the time it needs for one that works."""
    given = getattr(request.node, "callspec", None)
    is_silent = given is not None and given.params.get("status") == SILENCE
    monkeypatch.setattr(object_sink, "REQUEST_SECONDS", 1 if is_silent else 300)
    monkeypatch.setattr(object_sink, "RETRY_SECONDS", 1)


@pytest.fixture
def sink(cloud: Cloud) -> ObjectSink:
    """The sink of the bucket."""
    return ObjectSink(cloud.scheme, BUCKET)


@pytest.fixture
def url(cloud: Cloud) -> str:
    """An object that no other test uses."""
    return f"{cloud.root}/{uuid.uuid4().hex}"


async def case(size: int) -> AsyncIterator[bytes]:
    """A case of so many bytes."""
    for start in range(0, size, MIB):
        yield b"x" * min(MIB, size - start)


def puts(ask: Ask) -> bool:
    """Requests that carry a part or a whole object."""
    return ask.method == "PUT" and ask.size > 1000


def ends(ask: Ask) -> bool:
    """Requests that would complete a multipart upload."""
    complete = ask.method == "POST" and "uploadid=" in ask.target.lower()
    return complete or "comp=blocklist" in ask.target


class Once:
    """Some requests, each of them only the first time."""

    def __init__(self, befalls: Callable[[Ask], bool]) -> None:
        self._befalls = befalls
        self._seen: set[tuple[str, str]] = set()

    def __call__(self, ask: Ask) -> bool:
        """Whether the fault befalls this request."""
        new = (ask.method, ask.target) not in self._seen
        self._seen.add((ask.method, ask.target))
        return new and self._befalls(ask)


@pytest.mark.parametrize("size", [2000, 12 * MIB])
@pytest.mark.parametrize("status", [500, 503, 403, 404, SILENCE])
async def test_a_refused_write_leaves_nothing(
    cloud: Cloud, sink: ObjectSink, url: str, size: int, status: int
) -> None:
    """Errors, no permission, a bucket that goes away, silence: each is a refusal."""
    cloud.proxy.fail(status, puts)
    with pytest.raises(SinkError, match=url) as refused:
        await sink.write(url, case(size))
    said = f"the destination answered {status} " if status else "the destination did not answer"
    assert refused.value.why.startswith(said)
    cloud.proxy.mend()
    assert await sink.read(url) is None
    assert cloud.unfinished() == []


@pytest.mark.parametrize("status", [500, 403])
async def test_an_upload_that_cannot_be_completed_is_aborted(
    cloud: Cloud, sink: ObjectSink, url: str, status: int
) -> None:
    """Every part has arrived, and yet there is no object and no upload."""
    cloud.proxy.fail(status, ends)
    with pytest.raises(SinkError):
        await sink.write(url, case(12 * MIB))
    cloud.proxy.mend()
    assert await sink.read(url) is None
    assert cloud.unfinished() == []


@pytest.mark.parametrize("size", [2000, 12 * MIB])
async def test_an_error_that_passes_is_no_refusal(
    cloud: Cloud, sink: ObjectSink, url: str, size: int
) -> None:
    """What fails once is sent again after a while."""
    cloud.proxy.fail(503, Once(lambda ask: puts(ask) or ends(ask)))
    assert await sink.write(url, case(size)) == size
    chunks = await sink.read(url)
    assert chunks is not None
    assert b"".join([chunk async for chunk in chunks]) == b"x" * size


async def test_a_long_case_is_sent_in_parts_while_it_is_made(
    cloud: Cloud, sink: ObjectSink, url: str
) -> None:
    """So many bytes as a few parts hold are all that is ever waiting to be sent."""
    ahead: list[int] = []

    async def watched() -> AsyncIterator[bytes]:
        made = 0
        async for chunk in case(64 * MIB):
            made += len(chunk)
            ahead.append(made - sum(ask.size for ask in cloud.proxy.asks))
            yield chunk

    await sink.write(url, watched())
    assert max(ahead) <= 6 * object_sink.PART


@pytest.mark.parametrize("status", [500, 403, SILENCE])
async def test_a_case_that_cannot_be_read_is_a_refusal(
    cloud: Cloud, sink: ObjectSink, url: str, status: int
) -> None:
    """It may be there, so it is not gone."""
    cloud.proxy.fail(status)
    with pytest.raises(SinkError, match=url):
        await sink.read(url)


async def test_a_reading_that_breaks_off_is_a_refusal(
    cloud: Cloud, sink: ObjectSink, url: str
) -> None:
    """Whoever reads is told rather than given a part as the whole."""
    await sink.write(url, case(2 * object_sink.READ_BLOCK))
    chunks = await sink.read(url)
    assert chunks is not None
    await anext(chunks)
    cloud.proxy.fail(500)
    with pytest.raises(SinkError, match=url):
        await anext(chunks)


async def test_a_refusal_shows_no_secret(cloud: Cloud, sink: ObjectSink, url: str) -> None:
    """Neither a key, a token nor anything of the request is in the text."""
    for status in (500, 403, 400):
        cloud.proxy.fail(status, always)
        with pytest.raises(SinkError) as refused:
            await sink.write(url, case(2000))
        text = f"{refused.value!r} {refused.value.__cause__!r}"
        assert "http" not in text
        assert not [value for value in cloud.environ.values() if len(value) > 9 and value in text]


def test_a_cloud_that_is_not_set_up_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Azure needs the name of an account; its absence is one line."""
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(SinkError, match=r"azblob://captures/: .*Account must be specified$"):
        ObjectSink("azblob", BUCKET)


def test_a_key_that_is_none_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line that refuses it says what it is for, not what it is."""
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", clouds.ACCOUNT)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "hush-hush")
    with pytest.raises(SinkError) as refused:
        ObjectSink("azblob", BUCKET)
    assert "hush" not in str(refused.value)

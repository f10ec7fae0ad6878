"""The worker: what it makes is what would be made here, and its death is an error that may pass."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.dataplane.jobs import JOBS
from app.dataplane.worker import Worker
from app.errors import ApiError
from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.recordings.shape import Shape, write_shapes
from app.store.sessions import RuleDocuments

RULES = b"""{"rules":[
    {"when":{},"then":{"action":"mock","response":{}},"priority":-1},
    {"when":{"bodyJsonPathEquals":{"$.a":1}},"then":{"action":"replay"}},
    {"consume":"once","when":{"bodyJsonPath":"$.a"},"then":{"action":"mock","response":{"status":201}}}
]}"""
DOCUMENTS = RuleDocuments("1", RULES, b"", b'{"externalHttp":"strict"}')
HOP = Hop(direction="outbound", method="POST", authority="h", target="/p", body=b'{"a":1.0}')
CALLS: dict[str, tuple[object, ...]] = {
    "offers": (DOCUMENTS, HOP),
    "wanted": (HOP, Ignore(body_paths=("$.b",)), write_shapes([Shape(json=(("a",),))])),
    "redacted": (DOCUMENTS, [b""]),
}


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    """A worker, ended with the test."""
    held = Worker(60)
    yield held
    await held.close()


def children() -> set[int]:
    """The processes that this one has started and not yet seen the end of."""
    tasks = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return set(map(int, tasks.split()))


@pytest.mark.parametrize("name", CALLS)
async def test_a_job_makes_there_what_it_makes_here(worker: Worker, name: str) -> None:
    """And the process is there for the next one."""
    expected = JOBS[name](*CALLS[name])
    before = children()
    for _ in range(2):
        assert await worker.run(name, *CALLS[name]) == expected
    assert len(children() - before) == 1


async def test_offers_end_with_the_first_that_is_sure(worker: Worker) -> None:
    """A rule that answers once may be spent, and a recording may not be there."""
    kinds = [type(offer).__name__ for offer in await worker.run("offers", DOCUMENTS, HOP)]
    assert kinds == ["Hit", "Replay", "Blocked"]


async def test_a_worker_that_dies_is_an_error_that_may_pass(worker: Worker) -> None:
    """The next job finds another one."""
    before = children()
    await worker.run("redacted", DOCUMENTS, [])
    for child in children() - before:
        os.kill(child, signal.SIGKILL)
    with pytest.raises(ApiError) as refused:
        await worker.run("redacted", DOCUMENTS, [])
    assert refused.value.name == "store_unavailable"
    assert await worker.run("redacted", DOCUMENTS, []) == []


async def test_a_job_that_takes_too_long_is_ended() -> None:
    """With its process: nobody waits for what it would make."""
    before = children()
    hasty = Worker(0)
    with pytest.raises(ApiError):
        await hasty.run("redacted", DOCUMENTS, [])
    assert children() == before


async def test_a_caller_that_leaves_ends_the_job(worker: Worker) -> None:
    """Another one's is not touched by that."""
    await worker.run("redacted", DOCUMENTS, [])
    big = Hop(body=b"[" + b"1," * 2**20 + b"1]")
    leaving = asyncio.create_task(worker.run("wanted", big, Ignore(), b""))
    staying = asyncio.create_task(worker.run("redacted", DOCUMENTS, []))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == []


async def test_a_bug_in_a_job_is_told(worker: Worker) -> None:
    """By the name of the exception alone: what it says may be a secret."""
    with pytest.raises(RuntimeError, match="a worker failed: TypeError"):
        await worker.run("redacted")

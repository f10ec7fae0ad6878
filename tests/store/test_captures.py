"""The index of captures: found by id, listed newest first in pages."""

from redis.asyncio import Redis

from app.store.captures import CaptureIndex


async def add(index: CaptureIndex, org: str, capture_id: str) -> None:
    """List a capture of that id."""
    await index.add(
        org, capture_id, case_path=f"/cases/{capture_id}", trace_count=2, created_ms=5, size=7
    )


async def test_a_capture_is_found_as_it_was_listed(client: Redis) -> None:
    """Path, count, size and both times are kept."""
    index = CaptureIndex(client)
    await add(index, "default", "c1")
    found = await index.find("default", "c1")
    assert found is not None
    assert found[:4] == ("c1", "/cases/c1", 2, 5)
    assert found.size == 7
    assert found.closed_ms > found.created_ms


async def test_another_organisation_finds_nothing(client: Redis) -> None:
    """Captures belong to the organisation that made them."""
    index = CaptureIndex(client)
    await add(index, "acme", "c1")
    assert await index.find("other", "c1") is None
    assert await index.page("other", None, 10) == ([], False)


async def test_captures_are_listed_newest_first_in_pages(client: Redis) -> None:
    """Listing one twice, as after a close that was taken over, lists it once."""
    index = CaptureIndex(client)
    for capture_id in ("c1", "c2", "c3", "c2"):
        await add(index, "default", capture_id)
    first, more = await index.page("default", None, 2)
    last, no_more = await index.page("default", first[-1].capture_id, 2)
    assert [entry.capture_id for entry in first + last] == ["c3", "c2", "c1"]
    assert (more, no_more) == (True, False)

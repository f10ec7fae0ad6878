"""Closing: exactly once to the callers, nothing lost whatever refuses."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from app.captures import case_file, close
from app.captures.case_stream import LARGE_BYTES
from app.documents.case import check_case
from app.errors import ApiError, retry_later
from app.store import again
from app.store.closes import Begun, Outcome
from app.store.keys import session_keys
from app.store.spans import LongSpan
from tests.captures.conftest import ORG, House, span


async def refusal_of(call: object) -> str:
    """The name of the error that the call answers."""
    with pytest.raises(ApiError) as refused:
        await call  # type: ignore[misc]
    return refused.value.name


@pytest.mark.parametrize("count", [0, 1, 70])
async def test_a_capture_becomes_a_case_that_loads(house: House, count: int) -> None:
    """Every span is a trace, in order, in a document that our own schema takes."""
    session_id = await house.captured(count)
    closed = await house.closer.close(ORG, session_id)
    path = house.folder / f"{session_id}.case.json"
    assert (closed.case_path, closed.trace_count) == (str(path), count)
    case = check_case(path.read_bytes())
    assert (case.case_id, case.trace_count, case.document["mode"]) == (session_id, count, "capture")
    names = [
        trace["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"] for trace in case.traces
    ]
    assert names == [f"span {n}" for n in range(count)]


async def test_a_closed_capture_is_listed_and_its_state_gone(house: House) -> None:
    """The index has it; of the session only a tombstone is left."""
    session_id = await house.captured(3)
    closed = await house.closer.close(ORG, session_id)
    entry = await house.captures.find(ORG, session_id)
    assert entry is not None
    assert (entry.case_path, entry.trace_count) == (closed.case_path, 3)
    assert entry.size == (house.folder / f"{session_id}.case.json").stat().st_size
    assert await house.client.exists(*session_keys(ORG, session_id)) == 1
    assert await refusal_of(house.closer.close(ORG, session_id)) == "session_closed"


async def test_other_modes_close_without_a_case(house: House) -> None:
    """No file is written for a replay session."""
    session_id, _ = await house.sessions.create(ORG, "replay", "{}")
    assert await house.closer.close(ORG, session_id) == close.Closed(None, 0)
    assert list(house.folder.iterdir()) == []


async def test_an_unknown_session_cannot_be_closed(house: House) -> None:
    """It is not found, and nothing is written."""
    assert await refusal_of(house.closer.close(ORG, "sess_unknown")) == "session_not_found"


@pytest.mark.parametrize("mode", ["capture", "replay"])
async def test_of_fifty_concurrent_closes_one_succeeds(house: House, mode: str) -> None:
    """The others wait for its outcome and find the session closed."""
    session_id, _ = await house.sessions.create(ORG, mode, "{}")
    await house.spans.append(ORG, session_id, [span(n) for n in range(100)])
    outcomes = await asyncio.gather(
        *(house.closer.close(ORG, session_id) for _ in range(50)), return_exceptions=True
    )
    failures = [outcome for outcome in outcomes if isinstance(outcome, ApiError)]
    assert len(failures) == 49
    assert {failure.name for failure in failures} == {"session_closed"}


async def test_a_refused_close_keeps_the_session_open_with_its_spans(house: House) -> None:
    """The destination's refusal changes nothing; a later close has everything."""
    session_id = await house.captured(2)
    house.sink.refuses = True
    assert await refusal_of(house.closer.close(ORG, session_id)) == "capture_store_unavailable"
    assert (await house.sessions.version(ORG, session_id)).startswith("1-")
    await house.spans.append(ORG, session_id, [span(2)])
    house.sink.refuses = False
    assert (await house.closer.close(ORG, session_id)).trace_count == 3


async def test_a_refusal_says_why_and_that_the_session_stays_open(house: House) -> None:
    """But not where the file was to lie."""
    session_id = await house.captured(1)
    house.sink.refuses = True
    with pytest.raises(ApiError, match=r"\(the bucket is away\); the session stays") as told:
        await house.closer.close(ORG, session_id)
    assert str(house.folder) not in told.value.message


async def test_where_the_store_is_away_too_no_session_is_called_open(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is freed when the lease ends, and that is when the caller is to come again."""
    session_id = await house.captured(1)
    house.sink.refuses = True

    async def away(*_: str) -> bool:
        raise retry_later("store_unavailable", "away")

    monkeypatch.setattr(house.closes, "abort", away)
    with pytest.raises(ApiError, match="is being closed for 10 s more") as told:
        await house.closer.close(ORG, session_id)
    assert told.value.headers == {"retry-after": "10"}
    assert await house.closes.state(ORG, session_id) is Outcome.CLOSING


async def test_who_waited_for_a_close_that_failed_is_told_to_come_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session is still open, so the answer is neither success nor closed."""
    session_id = await house.captured(1)
    await house.closes.begin(ORG, session_id, "other")
    watched, watch = asyncio.Event(), house.closes.state

    async def watched_state(*names: str) -> Outcome:
        watched.set()
        return await watch(*names)

    monkeypatch.setattr(house.closes, "state", watched_state)
    waiting = asyncio.create_task(house.closer.close(ORG, session_id))
    await watched.wait()
    await house.closes.abort(ORG, session_id, "other")
    assert await refusal_of(waiting) == "close_in_progress"


async def test_a_wait_for_another_close_ends(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A close that takes too long is still in progress for those who wait."""
    monkeypatch.setattr(close, "WAIT_SECONDS", 0.05)
    session_id = await house.captured(1)
    await house.closes.begin(ORG, session_id, "other")
    assert await refusal_of(house.closer.close(ORG, session_id)) == "close_in_progress"


async def test_an_abandoned_close_is_finished_with_the_same_bytes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever finishes a close that a dead replica began writes what it would have written."""
    session_id = await house.captured(40)
    monkeypatch.setattr("app.store.closes.LEASE_MS", 0)
    await house.closes.begin(ORG, session_id, "dead")
    closed = await house.closer.close(ORG, session_id)
    assert closed.trace_count == 40
    document = json.loads((house.folder / f"{session_id}.case.json").read_bytes())
    assert len(document["traces"]) == 40


async def test_who_was_held_up_past_the_lease_does_not_replace_the_file(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another owner has finished the close meanwhile; its file is whole and stays."""
    session_id = await house.captured(40)
    monkeypatch.setattr("app.store.closes.LEASE_MS", 0)

    async def takeover() -> None:
        assert (await house.closer.close(ORG, session_id)).trace_count == 40

    house.sink.hold_up = takeover
    assert await refusal_of(house.closer.close(ORG, session_id)) == "session_closed"
    document = json.loads((house.folder / f"{session_id}.case.json").read_bytes())
    assert len(document["traces"]) == 40
    assert [path.name for path in house.folder.iterdir()] == [f"{session_id}.case.json"]


async def test_who_was_held_up_while_the_sweeper_finished_tells_of_the_close(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else was told that the session is closed; the one who asked is, once."""
    session_id = await house.captured(40)
    monkeypatch.setattr("app.store.closes.LEASE_MS", 0)

    async def sweep() -> None:
        begun = await house.closer.close_lapsed(ORG, session_id)
        assert begun.outcome is Outcome.FLUSH

    house.sink.hold_up = sweep
    closed = await house.closer.close(ORG, session_id)
    assert (closed.trace_count, closed.case_path) == (
        40,
        str(house.folder / f"{session_id}.case.json"),
    )
    assert await refusal_of(house.closer.close(ORG, session_id)) == "session_closed"


async def test_a_commit_whose_answer_is_lost_is_made_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session is closed by then, for this very caller."""
    session_id = await house.captured(2)
    monkeypatch.setattr(again, "PAUSES", (0.001, 0.001))
    commit, lost = house.closes.commit, [True]

    async def loses(*asked: str) -> bool:
        is_ended = await commit(*asked)
        if lost and lost.pop():
            raise retry_later("store_unavailable", "the answer is lost")
        return is_ended

    monkeypatch.setattr(house.closes, "commit", loses)
    assert (await house.closer.close(ORG, session_id)).trace_count == 2


async def test_a_close_that_only_began_is_looked_at_after_its_lease(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its replica may be gone before it does anything else."""
    session_id = await house.captured(2)
    monkeypatch.setattr("app.captures.close.LEASE_MS", 0)

    async def dies(*_: str, **__: bool) -> Begun:
        raise retry_later("store_unavailable", "the answer is lost")

    monkeypatch.setattr(house.closes, "begin", dies)
    assert await refusal_of(house.closer.close(ORG, session_id)) == "store_unavailable"
    assert await house.sessions.index.due(10) == [(ORG, session_id)]


async def test_who_finds_a_part_of_a_span_gone_does_not_publish(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another owner has finished the close while a long span was read."""
    monkeypatch.setattr("app.store.spans.PAGE_BYTES", 1000)
    session_id, _ = await house.sessions.create(ORG, "capture", "{}")
    await house.spans.append(ORG, session_id, [span(1, body="x" * 400_000)])
    whole = LongSpan.parts

    async def removed(long_span: LongSpan) -> AsyncIterator[bytes]:
        async for part in whole(long_span):
            yield part
            await house.client.delete(session_keys(ORG, session_id).spans)

    monkeypatch.setattr(LongSpan, "parts", removed)
    assert await refusal_of(house.closer.close(ORG, session_id)) == "close_in_progress"
    assert list(house.folder.iterdir()) == []


async def test_who_was_overtaken_and_then_refused_tells_that_it_is_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the other owner has cleaned up is no refusal of the destination."""
    session_id = await house.captured(3)
    monkeypatch.setattr("app.store.closes.LEASE_MS", 0)

    async def takeover() -> None:
        assert (await house.closer.close(ORG, session_id)).trace_count == 3
        house.sink.refuses = True

    house.sink.hold_up = takeover
    assert await refusal_of(house.closer.close(ORG, session_id)) == "session_closed"


@pytest.mark.parametrize("page_bytes", [2**20, 1000])
async def test_large_spans_are_turned_to_the_same_json(
    house: House, monkeypatch: pytest.MonkeyPatch, page_bytes: int
) -> None:
    """In a thread, or in parts where they are longer than a page, but no byte differs."""
    monkeypatch.setattr("app.store.spans.PAGE_BYTES", page_bytes)
    session_id, _ = await house.sessions.create(ORG, "capture", "{}")
    spans = [span(n, body="ä" * LARGE_BYTES * (n % 2)) for n in range(4)]
    await house.spans.append(ORG, session_id, spans)
    await house.closer.close(ORG, session_id)
    written = (house.folder / f"{session_id}.case.json").read_bytes()
    entry = await house.captures.find(ORG, session_id)
    assert entry
    payloads = [payload for _, payload in spans]
    assert written == b"".join(
        [
            case_file.opening(session_id, entry.created_ms),
            *case_file.traces(payloads, first=True),
            case_file.CLOSING,
        ]
    )

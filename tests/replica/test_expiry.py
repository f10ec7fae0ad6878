"""The end of a session's life: unused ones go, used ones stay, and captures are flushed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api import otlp
from tests.api.otlp import hop, observed, upload
from tests.servers import Replica, Valkey, wait_until


@pytest.fixture(scope="module")
def brief(store: Valkey, place: Path) -> Iterator[Replica]:
    """A replica whose sessions live for two seconds after their last use."""
    with Replica(place, store_url=store.url, session_ttl="2s") as replica:
        yield replica


def listed(replica: Replica) -> list[str]:
    """The ids of the open sessions; listing uses none of them."""
    return [line["sessionId"] for line in replica.get("/v1/sessions").json()["sessions"]]


def captured(replica: Replica) -> list[str]:
    """The ids of the captures that were written."""
    return [entry["captureId"] for entry in replica.get("/v1/captures").json()["captures"]]


def test_an_unused_session_ends_and_is_as_if_it_had_never_been(brief: Replica) -> None:
    """404 on every call, close included, whatever its mode."""
    session_ids = [brief.create(mode) for mode in ("replay", "generate")]
    wait_until(lambda: not set(session_ids) & set(listed(brief)), "the sessions to lapse")
    for session_id in session_ids:
        assert brief.get(f"/v1/sessions/{session_id}").status == 404
        assert brief.post(f"/v1/sessions/{session_id}/close").status == 404
        assert upload(brief, observed(session_id)).status == 404


def test_any_successful_call_keeps_a_session_alive(brief: Replica) -> None:
    """Reads, questions and uploads alike outlive a session that nobody uses."""
    reading, asking, sending = used = [brief.create("replay") for _ in range(3)]
    unused = brief.create("replay")

    def use() -> bool:
        brief.get(f"/v1/sessions/{reading}/stats")
        otlp.ask(brief, asking, hop())
        upload(brief, observed(sending))
        return unused not in listed(brief)

    wait_until(use, "the unused session to lapse")
    assert set(used) <= set(listed(brief))


def test_a_capture_that_lapses_is_flushed_and_not_dropped(brief: Replica) -> None:
    """Its case is listed with every span, and a close comes too late."""
    session_id = brief.create("capture")
    upload(brief, *(observed(session_id) for _ in range(5)))
    wait_until(lambda: session_id in captured(brief), "the sweeper")
    assert len(brief.get(f"/v1/captures/{session_id}").json()["traces"]) == 5
    assert brief.get(f"/v1/sessions/{session_id}").status == 404
    assert brief.post(f"/v1/sessions/{session_id}/close").status == 409


def test_a_capture_that_lapsed_while_no_replica_ran_is_flushed_by_the_next(
    store: Valkey, folder: Path
) -> None:
    """The spans wait in the store for whoever sweeps."""
    settings = {"store_url": store.url, "session_ttl": "300ms"}
    with Replica(folder, **settings) as first:
        session_id = first.create("capture")
        upload(first, observed(session_id))
        first.kill()
    with Replica(folder, **settings) as second:
        wait_until(lambda: session_id in captured(second), "the sweeper")
        assert len(second.get(f"/v1/captures/{session_id}").json()["traces"]) == 1

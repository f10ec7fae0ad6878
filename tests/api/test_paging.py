"""Paging of sessions and captures: newest first, without gaps or repetitions."""

import base64
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.test_envelope import assert_envelope
from tests.servers import Replica, Valkey

LISTS = {"sessions": "sessionId", "captures": "captureId"}


@pytest.fixture(scope="module")
def lone(house: Path) -> Iterator[Replica]:
    """A replica over a store where only these tests make sessions."""
    with Valkey() as store, Replica(house, store_url=store.url) as replica:
        yield replica


@pytest.fixture(scope="module")
def made(lone: Replica) -> dict[str, list[str]]:
    """Ids by kind, newest first: sessions that stay open, and captures of closed ones."""
    captures = [lone.create("capture") for _ in range(7)]
    for session_id in captures:
        assert lone.post(f"/v1/sessions/{session_id}/close").status == 200
    sessions = [lone.create("replay") for _ in range(7)]
    return {"sessions": sessions[::-1], "captures": captures[::-1]}


def pages(replica: Replica, kind: str, limit: int) -> Iterator[list[str]]:
    """The ids of each page, until there is no cursor."""
    cursor = ""
    while cursor is not None:
        query = f"limit={limit}" + (f"&cursor={cursor}" if cursor else "")
        answer = replica.get(f"/v1/{kind}?{query}").json()
        yield [line[LISTS[kind]] for line in answer[kind]]
        cursor = answer["nextCursor"]


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("limit", [1, 3, 7, 1000])
def test_pages_in_a_row_give_everything_newest_first(
    lone: Replica, made: dict[str, list[str]], kind: str, limit: int
) -> None:
    """Whole pages but for the last, and no empty one at the end."""
    found = list(pages(lone, kind, limit))
    assert list(itertools.chain(*found)) == made[kind]
    assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)
    assert found[-1]


@pytest.mark.parametrize("kind", LISTS)
def test_a_cursor_is_opaque_and_good_for_any_limit(
    lone: Replica, made: dict[str, list[str]], kind: str
) -> None:
    """It shows no id, and a page of another size may follow it."""
    first = lone.get(f"/v1/{kind}?limit=2").json()
    assert made[kind][1] not in first["nextCursor"]
    rest = lone.get(f"/v1/{kind}?cursor={first['nextCursor']}").json()
    assert [line[LISTS[kind]] for line in rest[kind]] == made[kind][2:]
    assert rest["nextCursor"] is None


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("limit", ["0", "1001", "-1", "x", "", "1.5", "9" * 30])
def test_a_limit_out_of_range_is_refused(lone: Replica, kind: str, limit: str) -> None:
    """With a pointer to the parameter."""
    answer = lone.get(f"/v1/{kind}?limit={limit}")
    assert_envelope(answer, 400, "invalid_body")
    sentence = "query parameter `limit` must be a whole number from 1 to 1000"
    assert answer.json()["message"] == sentence
    assert answer.json()["details"] == [{"path": "/query/limit", "message": sentence}]


@pytest.mark.parametrize("kind", LISTS)
def test_a_parameter_that_nobody_knows_is_ignored(lone: Replica, kind: str) -> None:
    """As HTTP has it."""
    assert lone.get(f"/v1/{kind}?limt=abc").status == 200


BAD_CURSORS = [
    "x",
    "",
    "%00",
    "%ff",
    "%C3%A4",
    "a" * 5000,
    base64.urlsafe_b64encode(b"sess_x").decode(),
    base64.urlsafe_b64encode(b"+").decode(),
]


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("cursor", BAD_CURSORS, ids=lambda cursor: cursor[:12] or "empty")
def test_a_cursor_that_no_page_gave_is_refused(lone: Replica, kind: str, cursor: str) -> None:
    """With a pointer to the parameter."""
    answer = lone.get(f"/v1/{kind}?cursor={cursor}")
    assert_envelope(answer, 400, "invalid_body")
    assert [detail["path"] for detail in answer.json()["details"]] == ["/query/cursor"]


def test_a_walk_meets_what_stays_open_once_whatever_comes_and_goes(lone: Replica) -> None:
    """Sessions are created and closed between the pages; those that stay are met exactly once."""
    stay = [lone.create("replay") for _ in range(10)]
    go = [lone.create("replay") for _ in range(10)]
    walked: list[str] = []
    for page in pages(lone, "sessions", 3):
        walked += page
        lone.create("replay")
        if go:
            lone.post(f"/v1/sessions/{go.pop()}/close")
    assert len(walked) == len(set(walked))
    assert [session_id for session_id in walked if session_id in stay] == stay[::-1]


def test_a_closed_session_is_listed_no_more(lone: Replica) -> None:
    """At once."""
    session_id = lone.create("replay")
    lone.post(f"/v1/sessions/{session_id}/close")
    listed = [line["sessionId"] for line in lone.get("/v1/sessions?limit=1000").json()["sessions"]]
    assert session_id not in listed

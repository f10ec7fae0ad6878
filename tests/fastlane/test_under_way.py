"""A call under way: a bug in the lane costs that call alone, and keeps no room."""

import logging
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, cast

import pytest

from app.dataplane.compiled import Compiled
from app.errors import ApiError
from app.fastlane.call import FastCall
from app.fastlane.protocol import HEAD_END, FastProtocol
from app.fastlane.ready import Ready
from app.fastlane.under_way import Desk, UnderWay, answer_each
from app.http.caller import Caller
from app.http.concurrency import Concurrency
from app.otlp.media import Media
from app.store.faults import CALL_SECONDS
from app.telemetry.metrics import Metrics

ORG = "acme"


class Connection:
    """A connection, as far as a call knows one."""

    head_end = HEAD_END

    def __init__(self) -> None:
        self.deeds: list[str] = []

    def answer(self, octets: bytes, _now: float) -> None:
        """It has its answer."""
        self.deeds.append(octets.split()[1].decode())

    def break_off(self, answer: Ready) -> None:
        """It is broken off."""
        self.deeds.append(f"broken off with {answer.status}")

    def fall_back(self) -> None:
        """It is left to the plain lane."""
        self.deeds.append("plain")


class Lines:
    """No lines."""

    def are_written(self) -> bool:
        """None is."""
        return False


class Record:
    """A record without lines."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.requests = self.metrics.http
        self.lines = Lines()

    def note(self, *_: object) -> None:
        """Nothing."""


class FaultyDesk(Desk):
    """A desk of a replica with room for two calls."""

    def __init__(self) -> None:
        self.route = "/v1/inject"
        self.record = cast("Any", Record())
        self.concurrency = Concurrency(2, self.record.metrics)
        self.fetched: list[str] = []

    def fetch(self, call: UnderWay, than: str) -> None:
        """Note what is outdated."""
        self.fetched.append(than)


class Faulty(FastCall):
    """What serves calls, with a bug.

    place: the function that has it.
    """

    def __init__(self, place: str) -> None:
        self.desk: FaultyDesk = FaultyDesk()
        self.concurrency = self.desk.concurrency
        self.requests = self.desk.record.requests
        self.answered_in = Media.JSON
        self.place = place

    def _may_fail(self, place: str) -> None:
        if place == self.place:
            raise ZeroDivisionError

    def begin(self, *_: object) -> bool:
        """Never called."""
        raise AssertionError

    def go_on(self, asked: UnderWay, compiled: Compiled, until: float) -> None:
        """Go on."""
        self._may_fail("go_on")
        asked.tell([asked], "ok", ())

    def succeed(self, waiters: Sequence[UnderWay], values: Sequence[Any]) -> None:
        """Answer."""
        answer_each(waiters)

    def count(self, error: str, seconds: float) -> None:
        """Count."""
        self._may_fail("count")

    def has_room(self) -> bool:
        """Whether the next calls of its organisation may begin, and none is counted any more."""
        concurrency = self.desk.concurrency
        assert concurrency
        return all(concurrency.enter(ORG) for _ in "ab") and self.requests.in_progress == 0


class Answer:
    """What a call is answered; one may be faulty."""

    def __init__(self, *, is_faulty: bool) -> None:
        self._is_faulty = is_faulty

    def to(self, _ids: object, tail: bytes) -> tuple[int, bytes]:
        """The answer."""
        if self._is_faulty:
            raise ZeroDivisionError
        return Ready.of(b"{}", Media.JSON).to(None, tail)


def under_way(call: Faulty, *, is_faulty: bool = False, arrived: float = 0.0) -> UnderWay:
    """A call that has begun."""
    assert call.concurrency
    assert call.concurrency.enter(ORG)
    call.requests.in_progress += 1
    connection, verdict = (
        cast("FastProtocol", Connection()),
        cast("Any", Answer(is_faulty=is_faulty)),
    )
    held = cast("Any", type("Held", (), {"version": "1-t"}))
    began = arrived or perf_counter()
    return UnderWay(call, connection, Caller(ORG), "s", b"", held, began, verdict, None)


def deeds(call: UnderWay) -> list[str]:
    """What has become of it on its connection."""
    return cast("Connection", call.connection).deeds


@pytest.mark.parametrize(("place", "word"), [("verdict", "ok"), ("count", "lost")])
def test_a_bug_at_the_stores_word_costs_the_call(
    place: str, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is answered before the next request of its connection could be, by a 500."""
    call = Faulty(place)
    first, second = under_way(call, is_faulty=place == "verdict"), under_way(call)
    with caplog.at_level(logging.ERROR):
        first.tell([first, second], word, ())
    assert deeds(first) == ["broken off with 500"]
    assert deeds(second) == (["200"] if word == "ok" else ["broken off with 500"])
    assert call.has_room()
    assert "internal error" in caplog.text


@pytest.mark.parametrize("place", ["go_on", "verdict"])
def test_a_bug_with_fetched_rules_costs_the_call(place: str) -> None:
    """The client has its answer."""
    call = Faulty(place)
    one = under_way(call, is_faulty=place == "verdict")
    one.fetched(cast("Compiled", None))
    assert deeds(one) == ["broken off with 500"]
    assert call.has_room()


def test_without_a_bug_it_ends_once() -> None:
    """With an answer, an error or the plain lane."""
    ends: list[tuple[Callable[[UnderWay], None], str]] = [
        (lambda one: one.tell([one], "ok", ()), "200"),
        (lambda one: one.tell([one], "lost", ()), "503"),
        (lambda one: one.tell([one], "closing", ()), "plain"),
        (lambda one: one.fetched(cast("Compiled", None)), "200"),
        (lambda one: one.fetched(ApiError("session_not_found", "no")), "404"),
    ]
    for end, deed in ends:
        call = Faulty("")
        one = under_way(call)
        end(one)
        assert deeds(one) == [deed]
        assert call.has_room()


def test_rules_that_change_again_and_again_are_not_fetched_for_ever() -> None:
    """After as long as the store may take in a call, the plain lane has it."""
    call = Faulty("")
    one = under_way(call)
    one.refused("stale")
    assert (call.desk.fetched, deeds(one)) == (["1-t"], [])
    late = under_way(call, arrived=perf_counter() - CALL_SECONDS)
    late.refused("stale")
    assert deeds(late) == ["plain"]
    one.fall_back()
    assert call.has_room()

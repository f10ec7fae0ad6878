"""A call under way: a bug in the lane costs that call alone, and keeps no room."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from app.dataplane.compiled import Compiled
from app.errors import ApiError
from app.fastlane.protocol import FastProtocol
from app.fastlane.under_way import Desk, UnderWay
from app.http.caller import Caller
from app.http.concurrency import Concurrency
from app.otlp.media import Media
from app.store.faults import CALL_SECONDS
from app.telemetry.metrics import Metrics

ORG = "acme"


class Connection:
    """A connection, as far as a call knows one."""

    def __init__(self) -> None:
        self.deeds: list[str] = []

    def begin(self, _request: bytes) -> None:
        """A call is under way."""
        self.deeds.append("begin")

    def answer(self, head: bytes, _body: bytes) -> None:
        """It has its answer."""
        self.deeds.append(head.split()[1].decode())

    def break_off(self, head: bytes, _body: bytes) -> None:
        """It is broken off."""
        self.deeds.append(f"broken off with {head.split()[1].decode()}")

    def fall_back(self) -> None:
        """It is left to the plain lane."""
        self.deeds.append("plain")


class Record:
    """A record without lines."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.requests = self.metrics.http

    def note(self, *_: object) -> None:
        """Nothing."""


class FaultyDesk(Desk):
    """A desk of a replica with room for one call."""

    def __init__(self) -> None:
        self.route = "/v1/inject"
        self.record = cast("Any", Record())
        self.concurrency = Concurrency(1, self.record.metrics)
        self.fetched: list[str] = []

    def fetch(self, call: UnderWay, than: str) -> None:
        """Note what is outdated."""
        self.fetched.append(than)


class Faulty(UnderWay):
    """A call with a bug.

    place: the function that has it.
    """

    def __init__(self, place: str) -> None:
        self.seen = Connection()
        connection = cast("FastProtocol", self.seen)
        super().__init__(FaultyDesk(), connection, Media.JSON, Caller(ORG), "s", b"", 0.0)
        self.place = place
        assert self.desk.concurrency
        assert self.desk.concurrency.enter(ORG)
        self.begin(b"")

    def _may_fail(self, place: str) -> None:
        if place == self.place:
            raise ZeroDivisionError

    def go_on(self, compiled: Compiled) -> None:
        """Go on."""
        self._may_fail("go_on")
        self.answer(b"{}")

    def succeed(self, values: Sequence[Any]) -> None:
        """Answer."""
        self._may_fail("succeed")
        self.answer(b"{}")

    def count(self, status: int, error: str, seconds: float) -> None:
        """Count."""
        self._may_fail("count")

    def has_room(self) -> bool:
        """Whether the next call of its organisation may begin, and none is counted any more."""
        assert self.desk.concurrency
        return self.desk.concurrency.enter(ORG) and self.desk.record.requests.in_progress == 0


@pytest.mark.parametrize("place", ["succeed", "count"])
def test_a_bug_at_the_stores_word_costs_the_call(
    place: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is answered before the next request of its connection could be, by a 500."""
    call = Faulty(place)
    with caplog.at_level(logging.ERROR):
        call.told("ok", ())
    assert call.seen.deeds == ["begin", "broken off with 500"]
    assert call.has_room()
    assert "internal error" in caplog.text


@pytest.mark.parametrize("place", ["go_on", "count"])
def test_a_bug_with_fetched_rules_costs_the_call(place: str) -> None:
    """The client has its answer."""
    call = Faulty(place)
    call.fetched(cast("Compiled", None))
    assert call.seen.deeds == ["begin", "broken off with 500"]
    assert call.has_room()


def test_without_a_bug_it_ends_once() -> None:
    """With an answer, an error or the plain lane."""
    ends: list[tuple[Callable[[Faulty], None], str]] = [
        (lambda call: call.told("ok", ()), "200"),
        (lambda call: call.told("lost", ()), "503"),
        (lambda call: call.told("closing", ()), "plain"),
        (lambda call: call.fetched(cast("Compiled", None)), "200"),
        (lambda call: call.fetched(ApiError("session_not_found", "no")), "404"),
    ]
    for end, deed in ends:
        call = Faulty("")
        end(call)
        assert call.seen.deeds == ["begin", deed]
        assert call.has_room()


def test_rules_that_change_again_and_again_are_not_fetched_for_ever() -> None:
    """After as long as the store may take in a call, the plain lane has it."""
    call = Faulty("")
    call.compiled = cast("Any", type("Held", (), {"version": "1-t"}))
    call.told("stale", ())
    assert (call.desk.fetched, call.seen.deeds) == (["1-t"], ["begin"])  # type: ignore[attr-defined]
    call._arrived -= CALL_SECONDS
    call.told("stale", ())
    assert call.seen.deeds == ["begin", "plain"]
    assert call.has_room()

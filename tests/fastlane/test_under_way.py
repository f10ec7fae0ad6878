"""A call under way: a bug in the lane costs that call alone, and keeps no room."""

import logging
from collections.abc import Callable, Sequence
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

    def __init__(self) -> None:
        self.deeds: list[str] = []

    head_end = HEAD_END

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
        self.calls = cast("Any", type("Calls", (), {"join": None}))
        self.concurrency = Concurrency(2, self.record.metrics)
        self.fetched: list[str] = []

    def fetch(self, call: UnderWay, than: str) -> None:
        """Note what is outdated."""
        self.fetched.append(than)


class FaultyCall(FastCall):
    """What serves the calls of the desk."""

    def __init__(self) -> None:
        self.desk = FaultyDesk()
        self.concurrency = self.desk.concurrency
        self.requests = self.desk.record.requests
        self.answered_in = Media.JSON

    def begin(self, *_: object) -> bool:
        """Never called."""
        raise AssertionError


class Faulty(UnderWay):
    """A call with a bug.

    place: the function that has it.
    """

    __slots__ = ("place", "seen")

    def __init__(self, place: str, call: FastCall | None = None) -> None:
        self.seen = Connection()
        connection, call = cast("FastProtocol", self.seen), call or FaultyCall()
        super().__init__(call, connection, Caller(ORG), "s", b"", None, 0.0)
        self.place = place
        self.verdict = cast("Any", self)
        assert call.concurrency
        assert call.concurrency.enter(ORG)

    def _may_fail(self, place: str) -> None:
        if place == self.place:
            raise ZeroDivisionError

    def to(self, _question: object, tail: bytes) -> tuple[int, bytes]:
        """The answer."""
        self._may_fail("verdict")
        return Ready.of(b"{}", Media.JSON).to(cast("Any", self), tail)

    def go_on(self, compiled: Compiled, until: float) -> None:
        """Go on."""
        self._may_fail("go_on")
        self.tell([self], "ok", ())

    @classmethod
    def succeed(cls, waiters: Sequence["Faulty"], values: Sequence[Any]) -> None:
        """Answer."""
        answer_each(waiters)

    def count(self, error: str, seconds: float) -> None:
        """Count."""
        self._may_fail("count")

    def has_room(self) -> bool:
        """Whether the next calls of its organisation may begin, and none is counted any more."""
        concurrency = self.call.concurrency
        assert concurrency
        return all(concurrency.enter(ORG) for _ in "ab") and self.call.requests.in_progress == 0


@pytest.mark.parametrize(("place", "word"), [("verdict", "ok"), ("count", "lost")])
def test_a_bug_at_the_stores_word_costs_the_call(
    place: str, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is answered before the next request of its connection could be, by a 500."""
    call = Faulty(place)
    other = Faulty("", call.call)
    with caplog.at_level(logging.ERROR):
        call.tell([call, other], word, ())
    assert call.seen.deeds == ["broken off with 500"]
    assert other.seen.deeds == ["200" if word == "ok" else "503"]
    assert call.has_room()
    assert "internal error" in caplog.text


@pytest.mark.parametrize("place", ["go_on", "verdict"])
def test_a_bug_with_fetched_rules_costs_the_call(place: str) -> None:
    """The client has its answer."""
    call = Faulty(place)
    call.fetched(cast("Compiled", None))
    assert call.seen.deeds == ["broken off with 500"]
    assert call.has_room()


def test_without_a_bug_it_ends_once() -> None:
    """With an answer, an error or the plain lane."""
    ends: list[tuple[Callable[[Faulty], None], str]] = [
        (lambda call: call.tell([call], "ok", ()), "200"),
        (lambda call: call.tell([call], "lost", ()), "503"),
        (lambda call: call.tell([call], "closing", ()), "plain"),
        (lambda call: call.fetched(cast("Compiled", None)), "200"),
        (lambda call: call.fetched(ApiError("session_not_found", "no")), "404"),
    ]
    for end, deed in ends:
        call = Faulty("")
        end(call)
        assert call.seen.deeds == [deed]
        assert call.has_room()


def test_rules_that_change_again_and_again_are_not_fetched_for_ever() -> None:
    """After as long as the store may take in a call, the plain lane has it."""
    call = Faulty("")
    call.compiled = cast("Any", type("Held", (), {"version": "1-t"}))
    call.refused("stale")
    desk = cast("FaultyDesk", call.call.desk)
    assert (desk.fetched, call.seen.deeds) == (["1-t"], [])
    call.arrived -= CALL_SECONDS
    call.refused("stale")
    assert call.seen.deeds == ["plain"]
    assert call.has_room()

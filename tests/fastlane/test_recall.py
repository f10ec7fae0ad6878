"""What is recalled: for which hops, how much of it, and for how long."""

from typing import Any

import pytest

from app.dataplane.compiled import SESSION_BYTES, CompiledRules
from app.dataplane.inject import miss
from app.dataplane.shared_rules import SharedRules
from app.fastlane.ready import DrawnHit, Ready, ReadyHit
from app.fastlane.recall import KEPT_LINES, LINE_BYTES, LONGEST_LINE, Recall
from app.hop.model import Hop
from app.otlp.media import Media
from app.rules.decision import Hit
from app.store.sessions import RuleDocuments
from app.telemetry.metrics import Metrics
from bench import traffic
from tests.fastlane.test_cost import SESSION, Sessions

ORG = "default"
HOST = "api.stripe.com"


class Place:
    """A place for compiled rules that holds one set, with what recalls its answers."""

    def __init__(self, rules: Any, **bounds: int) -> None:
        self.metrics = Metrics()
        sessions = Sessions(1)
        sessions.documents = RuleDocuments("1-t", traffic.encoded(rules), b"", b"{}")
        self.compiled = CompiledRules(sessions, self.metrics, **bounds)
        self.recall = Recall(self.compiled, Media.PROTOBUF, miss())

    async def held(self, session_id: str = SESSION, org: str = ORG) -> SharedRules:
        """The set of a session."""
        return (await self.compiled.fresh(org, session_id, "")).shared


def _mock(**response: Any) -> dict[str, Any]:
    then = {"action": "mock", "response": {"status": 200, **response}}
    return {"version": 1, "rules": [{"when": {"host": HOST}, "then": then}]}


async def test_hits_and_misses_are_recalled() -> None:
    """By first line."""
    place = Place(_mock(body="yes"))
    held = await place.held()
    hit, missed = ("GET", HOST, "/"), ("GET", "other", "/")
    assert isinstance(place.recall.learn(held, hit), ReadyHit)
    assert isinstance(place.recall.learn(held, missed), Ready)
    assert place.recall.lines_of(held).keys() == {hit, missed}


async def test_what_the_line_does_not_decide_is_remembered_as_that() -> None:
    """Its hops are decided one by one."""
    when = {"host": HOST, "headers": {"x": "1"}}
    place = Place({"version": 1, "rules": [{"when": when, "then": {"action": "passthrough"}}]})
    held = await place.held()
    assert place.recall.learn(held, ("GET", HOST, "/")) is None
    assert place.recall.lines_of(held) == {("GET", HOST, "/"): None}


async def test_an_answer_that_is_another_one_each_time_is_drawn_anew() -> None:
    """Of the rule that is recalled."""
    place = Place(_mock(delayMs={"min": 1, "max": 5}))
    held = await place.held()
    assert isinstance(place.recall.learn(held, ("GET", HOST, "/")), DrawnHit)


async def test_a_hit_is_that_of_its_method() -> None:
    """HEAD gets no body."""
    place = Place(_mock(body="yes"))
    held = await place.held()
    bodies = {}
    for method in ("GET", "HEAD", "head"):
        ready = place.recall.learn(held, (method, HOST, "/"))
        assert isinstance(ready, ReadyHit)
        bodies[method] = ready.answer.body
    assert bodies == {"GET": b"yes", "HEAD": b"", "head": b""}


async def test_the_answers_of_rules_are_recalled_but_those_made_for_a_method() -> None:
    """They would be another object each time, and fill the memory."""
    place = Place(_mock(body="yes"))
    held = await place.held()
    [rule] = held.rules.rules
    offer = rule.decide(Hop(method="GET", authority=HOST))
    assert isinstance(offer, Hit)
    assert place.recall.of_offer(held, offer, "GET") is place.recall.of_offer(held, offer, "GET")
    size = held.size
    assert isinstance(place.recall.of_offer(held, offer, "head"), DrawnHit)
    assert held.size == size


async def test_so_many_lines_are_kept_and_none_that_is_long() -> None:
    """The others are answered all the same."""
    place = Place(_mock(body="yes"))
    held = await place.held()
    for number in range(KEPT_LINES + 10):
        assert place.recall.learn(held, ("GET", HOST, f"/{number}"))
    assert len(place.recall.lines_of(held)) == KEPT_LINES
    other = await place.held(org="other")
    assert place.recall.learn(other, ("GET", HOST, "/" * LONGEST_LINE)) is None
    assert not place.recall.lines_of(other)


async def test_an_answer_is_kept_once_however_many_lines_get_it() -> None:
    """A large one for a rule that answers every path would fill the memory."""
    place = Place(_mock(body="x" * 500_000))
    held = await place.held()
    size = held.size
    forms = set()
    for number in range(KEPT_LINES + 10):
        ready = place.recall.learn(held, ("GET", HOST, f"/{number}"))
        assert isinstance(ready, ReadyHit)
        forms.add(id(ready.form))
    assert len(forms) == 1
    assert held.size - size < 500_000 + (KEPT_LINES + 2) * LINE_BYTES


async def test_what_is_kept_counts_as_memory_of_its_set() -> None:
    """So sets that nobody asks for make room, and a set that has gone keeps no more."""
    place = Place(_mock(body="x" * 50_000), kept_bytes=10**6)
    first, second = await place.held(org="one"), await place.held(org="two")
    size = second.size
    assert place.recall.learn(second, ("GET", HOST, "/"))
    assert second.size > size + 50_000
    for number in range(KEPT_LINES):
        place.recall.learn(second, ("GET", HOST, f"/{number}"))
    assert not first.sessions
    assert second.sessions == 1
    size = first.size
    assert place.recall.learn(first, ("GET", HOST, "/"))
    assert (first.size, place.recall.lines_of(first)) == (size, {})
    assert place.metrics.compiled_rules_bytes._value.get() == second.size + SESSION_BYTES


async def test_sessions_with_the_same_rules_share_what_is_recalled() -> None:
    """Tests of one suite post the same again and again; another organisation's are its own."""
    place = Place(_mock(body="yes"))
    held = await place.held("sess_1")
    place.recall.learn(held, ("GET", HOST, "/"))
    assert await place.held("sess_2") is held
    assert await place.held(org="other") is not held


@pytest.mark.parametrize("media", Media)
async def test_each_medium_has_answers_of_its_own(media: Media) -> None:
    """Of one set."""
    place = Place(_mock(body="yes"))
    held = await place.held()
    place.recall.learn(held, ("GET", HOST, "/"))
    ready = Recall(place.compiled, media, miss()).learn(held, ("GET", HOST, "/"))
    assert isinstance(ready, ReadyHit)
    assert ready.form.media is media
    assert media.content_type.encode() in ready.head

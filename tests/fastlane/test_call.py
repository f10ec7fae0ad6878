"""Who may begin a call of the fast lane."""

import asyncio
from typing import Any, cast

import pytest

from app.dataplane.busy import busy_hit
from app.fastlane.protocol import FastProtocol
from app.http import concurrency
from app.http.caller import WITHOUT_KEY, Caller
from app.otlp.media import Media
from bench import traffic
from tests.fastlane.test_cost import SESSION, Bench

REQUEST = traffic.http_request("/v1/inject", traffic.inject(SESSION), Media.PROTOBUF)
ORG = WITHOUT_KEY.org


async def test_calls_have_their_turns_one_after_another() -> None:
    """Each is answered, and leaves its room to the next; what waits is counted as being served."""
    bench = Bench(1, limit=1)
    assert bench.concurrency.enter(ORG)
    for _ in range(3):
        bench.take(REQUEST)
    await asyncio.sleep(0)
    assert bench.connection.answers == []
    assert bench.requests.in_progress == 3
    bench.concurrency.leave(ORG)
    await bench.answered(3)
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in bench.connection.answers)
    assert bench.requests.in_progress == 0
    assert bench.concurrency.enter(ORG)


async def test_a_call_that_has_no_turn_in_time_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the plain lane tells it, without having read it."""
    monkeypatch.setattr(concurrency, "TURN_SECONDS", 0.01)
    bench = Bench(1, limit=1)
    assert bench.concurrency.enter(ORG)
    bench.take(REQUEST)
    await asyncio.sleep(0.1)
    [answer] = bench.connection.answers
    assert answer.endswith(busy_hit(Media.PROTOBUF))
    assert bench.store.commands == []
    assert bench.requests.in_progress == 0


async def test_of_a_project_no_session_is_looked_for_that_is_not_at_hand() -> None:
    """It may be another's, which shall take no longer than an unknown one, nor live on for it."""
    lines, _, body = REQUEST.partition(b"\r\n\r\n")
    for project, is_taken in (("web", False), ("", True)):
        bench = Bench(1)
        head = bench._lane._heads.read(lines)
        assert head
        call: Any = head.call.handler
        connection = cast("FastProtocol", bench.connection)
        caller = Caller("acme", "key_1", "ci", project)
        connection.request = REQUEST
        assert call.begin(caller, connection, body, b"") == is_taken
        if is_taken:
            await bench.answered(1)


async def test_a_hop_leaves_a_mark_on_the_rules_that_it_is_decided_by() -> None:
    """So that they are not the first to make room."""
    bench = Bench(1)
    bench.take(REQUEST)
    await bench.answered(1)
    held = bench.compiled.at_hand((ORG, SESSION))
    assert held
    held.is_used = False
    bench.take(REQUEST)
    assert held.is_used
    await bench.answered(2)
    assert bench.requests.in_progress == 0

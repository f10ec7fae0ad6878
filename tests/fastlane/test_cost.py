"""What a plain hop costs, counted: no busy machine changes these figures."""

import asyncio
import logging
import sys
from collections.abc import Iterable
from functools import partial
from types import FrameType
from typing import Any, cast

import pytest

from app.dataplane.compiled import CompiledRules
from app.dataplane.inject import Inject
from app.fastlane.heads import Heads
from app.fastlane.inject import FastInject
from app.fastlane.lane import FastLane
from app.fastlane.protocol import HEAD_END, FastProtocol
from app.fastlane.record import Record
from app.fastlane.under_way import Desk
from app.http.access_lines import AccessLines
from app.http.auth import TokenCheck
from app.http.concurrency import Concurrency
from app.otlp.media import Media
from app.store.handed_out import HandedOut
from app.store.hot_calls import MOST_AT_ONCE, HotCalls
from app.store.pipe import Pipe, Told
from app.store.pipes import Pipes
from app.store.sessions import RuleDocuments
from app.store.watch import StoreWatch
from app.telemetry.metrics import Metrics
from bench import traffic

SESSION = "sess_01HZZZZZZZZZZZZZZZZZZZZZZZ"
HOPS = 16
# Of the event loop, within which everything has its answer.
TURNS = 100
# Calls of Python functions for a hop, from its bytes to its answer: so many now, with some slack.
CALLS = {Media.PROTOBUF: 17, Media.JSON: 36}


class Sessions:
    """Where the rules come from."""

    def __init__(self, rules: int) -> None:
        document = traffic.encoded(traffic.rules(rules))
        self.documents = RuleDocuments("1-t", document, b"", b"{}")

    async def version(self, org: str, session_id: str, project: str = "") -> str:
        """Never asked for by the lane."""
        raise AssertionError

    async def rule_documents(self, org: str, session_id: str) -> RuleDocuments:
        """The documents."""
        return self.documents


class Store(Pipe):
    """A pipe whose server says `ok`."""

    def __init__(self) -> None:
        super().__init__(asyncio.get_running_loop(), joins_keys=True)
        self.commands: list[bytes] = []
        self._told: list[Told] = []

    def ask(self, command: Iterable[bytes], told: Told, until: float) -> None:
        """Keep a command."""
        self.commands.append(b"".join(command))
        self._told.append(told)

    def send(self) -> None:
        """Answer."""
        waiting, self._told = self._told, []
        for told in waiting:
            told([b"ok"])


class Ways(Pipes):
    """The one way to the store."""

    def __init__(self, store: Store) -> None:
        super().__init__(None)
        self._store = store

    def to(self, key: str) -> Pipe:
        """The pipe."""
        return self._store


class Connection:
    """A client's connection, as far as the lane knows one."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        # A request that has to be read again is asked for here.
        self.request: bytes | None = None
        self.head_end = HEAD_END

    def answer(self, octets: bytes, now: float) -> None:
        """It has its answer."""
        self.answers.append(octets)


class Bench:
    """A fast lane with nothing around it.

    limit: how many calls may be under way at once.
    """

    def __init__(self, rules: int, limit: int | None = None) -> None:
        metrics, self.store = Metrics(), Store()
        self.concurrency, handed_out = Concurrency(limit, metrics), HandedOut(None)
        decider = cast("Any", None)
        plain = Inject(TokenCheck(""), self.concurrency, 2**20, decider, handed_out, metrics)
        calls = HotCalls(Ways(self.store), StoreWatch(metrics))
        self.requests = metrics.http
        record = Record(metrics, AccessLines())
        self.compiled = CompiledRules(Sessions(rules), metrics)
        desk = Desk(plain, self.compiled, calls, record)
        heads = Heads({"/v1/inject": partial(FastInject, desk, 60_000, plain)})
        self._lane = FastLane(heads)
        self.connection = Connection()

    def take(self, request: bytes) -> None:
        """Have the lane take a request."""
        connection = cast("FastProtocol", self.connection)
        connection.request = request
        assert self._lane.take(connection, request) == len(request)

    async def answered(self, count: int) -> None:
        """Wait for so many answers."""
        for _ in range(TURNS):
            if len(self.connection.answers) >= count:
                return
            await asyncio.sleep(0)
        raise AssertionError("not answered")


def _request(media: Media, session_id: str = SESSION) -> bytes:
    question = traffic.inject(session_id)
    body = question if media is Media.PROTOBUF else traffic.as_json(question)
    return traffic.http_request("/v1/inject", body, media)


async def _warm(rules: int, media: Media) -> tuple[Bench, bytes]:
    """A lane that knows the head, the rules and the answer's form."""
    bench, request = Bench(rules), _request(media)
    for count in (1, 2):
        bench.take(request)
        await bench.answered(count)
    bench.store.commands.clear()
    bench.connection.answers.clear()
    return bench, request


async def _calls_of(bench: Bench, request: bytes) -> float:
    """How many Python functions are called for one of the hops of a turn."""
    counted = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event == "call"

    sys.setprofile(count)
    for _ in range(HOPS):
        bench.take(request)
    await bench.answered(HOPS)
    sys.setprofile(None)
    return counted / HOPS


@pytest.fixture(autouse=True)
def _no_lines(caplog: pytest.LogCaptureFixture) -> None:
    """What the log costs is not the lane's."""
    caplog.set_level(logging.WARNING, logger="softprobe.access")


async def test_the_hops_of_a_turn_cost_one_command_and_no_task() -> None:
    """However many there are."""
    bench, request = await _warm(1, Media.PROTOBUF)
    tasks = len(asyncio.all_tasks())
    for _ in range(HOPS):
        bench.take(request)
    assert len(asyncio.all_tasks()) == tasks
    await bench.answered(HOPS)
    assert len(bench.store.commands) == 1
    assert b"\r\n$2\r\n16\r\n" in bench.store.commands[0]


async def test_the_hops_of_a_turn_that_name_many_sessions_cost_few_commands() -> None:
    """One for as many sessions as leave at once."""
    bench, _ = await _warm(1, Media.PROTOBUF)
    requests = [_request(Media.PROTOBUF, f"{SESSION[:-2]}{number:02}") for number in range(HOPS)]
    for count in (1, 2):
        bench.store.commands.clear()
        for request in requests:
            bench.take(request)
        await bench.answered(count * HOPS)
    assert len(bench.store.commands) == HOPS // MOST_AT_ONCE


@pytest.mark.parametrize("media", list(Media), ids=["protobuf", "json"])
async def test_a_hop_calls_no_more_functions_than_it_did(media: Media) -> None:
    """Who makes it dearer is to know it, and to say why here."""
    calls = await _calls_of(*await _warm(1, media))
    assert calls <= CALLS[media], calls


async def test_a_hop_costs_the_same_with_hundreds_of_rules() -> None:
    """Those of the index, which looks at the path as well."""
    one, most = [await _calls_of(*await _warm(rules, Media.PROTOBUF)) for rules in (1, 200)]
    assert most <= one + 16

import asyncio
import json
import threading
import tracemalloc
import weakref
from typing import Any

import pytest

from app.dataplane.compiled import (
    LARGE_BYTES,
    SESSION_BYTES,
    Compiled,
    CompiledRules,
    release,
)
from app.dataplane.shared_rules import BYTES_A_BYTE, EMPTY_BYTES
from app.errors import ApiError
from app.hop.model import Hop
from app.rules.decision import Hit
from app.rules.ruleset import RuleSet, compile_rules
from app.store.faults import call_deadline
from app.store.sessions import RuleDocuments, not_found
from app.telemetry.metrics import Metrics


def _rules(status: int, padding: int = 0) -> bytes:
    then = {"action": "mock", "response": {"status": status, "body": "x" * padding}}
    return json.dumps({"rules": [{"when": {}, "then": then}]}).encode()


class Sessions:
    """Sessions whose documents a test sets; it counts how often they are read."""

    def __init__(self, **documents: bytes) -> None:
        self.documents = {name: ("1", rules) for name, rules in documents.items()}
        self.reads = 0

    def set(self, name: str, version: str, rules: bytes) -> None:
        """Replace the rules of a session."""
        self.documents[name] = (version, rules)

    async def version(self, org: str, session_id: str, _project: str = "") -> str:
        """The version that was set, in whatever organisation."""
        if session_id not in self.documents:
            raise not_found(session_id)
        return self.documents[session_id][0]

    async def rule_documents(self, org: str, session_id: str) -> RuleDocuments:
        """The documents that were set."""
        self.reads += 1
        version = await self.version(org, session_id)
        await asyncio.sleep(0)
        return RuleDocuments(version, self.documents[session_id][1], b"", b"{}")


def _status(compiled: Compiled) -> int:
    decision = compiled.rules.decide(Hop())
    assert isinstance(decision, Hit)
    return decision.answer.status


def _value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


async def test_a_set_is_compiled_once_for_a_version() -> None:
    """And again for the next, be it of the same revision after the store lost a write."""
    sessions, metrics = Sessions(s=_rules(201)), Metrics()
    compiled = CompiledRules(sessions, metrics)
    first = await compiled.current("o", "s")
    assert await compiled.current("o", "s") is first
    sessions.set("s", "3-a", _rules(202))
    assert _status(await compiled.current("o", "s")) == 202
    sessions.set("s", "3-b", _rules(203))
    found = await compiled.current("o", "s")
    assert (_status(found), found.version, sessions.reads) == (203, "3-b", 3)
    name = "softprobe_compiled_rules_total"
    assert _value(metrics, name, result="hit") == 1
    assert _value(metrics, name, result="miss") == 3


async def test_callers_at_once_share_one_compilation() -> None:
    """However many hops come in before it is there."""
    sessions = Sessions(s=_rules(201))
    compiled = CompiledRules(sessions, Metrics())
    found = await asyncio.gather(*(compiled.current("o", "s") for _ in range(10)))
    assert len({id(each) for each in found}) == 1
    assert sessions.reads == 1


async def test_a_caller_that_leaves_takes_nothing_from_the_others() -> None:
    """The compilation goes on."""
    compiled = CompiledRules(Sessions(s=_rules(201)), Metrics())
    leaving, staying = (asyncio.create_task(compiled.current("o", "s")) for _ in "ab")
    await asyncio.sleep(0)
    leaving.cancel()
    assert _status(await staying) == 201
    assert leaving.cancelled() or leaving.cancelling()


async def test_a_session_that_is_gone_is_an_error_for_each_caller() -> None:
    """Before its rules were ever compiled, and after."""
    sessions = Sessions(s=_rules(201))
    compiled = CompiledRules(sessions, Metrics())
    await compiled.current("o", "s")
    sessions.documents.clear()
    for _ in range(2):
        with pytest.raises(ApiError, match="does not exist or has been closed"):
            await compiled.current("o", "s")


async def test_sets_that_nobody_asks_for_make_room() -> None:
    """Once all sets are too large together; the newest always stays."""
    sessions, metrics = Sessions(a=_rules(201), b=_rules(202), c=_rules(203)), Metrics()
    size = SESSION_BYTES + EMPTY_BYTES + BYTES_A_BYTE * (len(_rules(201)) + len(b"{}"))
    compiled = CompiledRules(sessions, metrics, kept_bytes=2 * size)
    for name in ("a", "b"):
        held = await compiled.current("o", name)
        # As if they had been considered before.
        held.is_used = False
    for name in ("a", "c", "a"):
        await compiled.current("o", name)
    assert sessions.reads == 3
    assert _value(metrics, "softprobe_compiled_rules_evictions_total") == 1
    assert _value(metrics, "softprobe_compiled_rules_bytes") == 2 * size
    await compiled.current("o", "b")
    assert sessions.reads == 4
    sessions.set("b", "2", _rules(202, padding=5 * size))
    await compiled.current("o", "b")
    assert _value(metrics, "softprobe_compiled_rules_evictions_total") == 3
    assert (await compiled.current("o", "b")).shared.size > 5 * size
    assert sessions.reads == 5


async def test_sets_that_are_all_asked_for_make_room_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a look at all of them: some are passed over, and the next one goes."""
    monkeypatch.setattr("app.dataplane.compiled.CHANCES", 3)
    names = [f"s{n}" for n in range(11)]
    sessions, metrics = Sessions(**dict.fromkeys(names, b"")), Metrics()
    compiled = CompiledRules(sessions, metrics, kept_sessions=10)
    for name in names:
        await compiled.current("o", name)
    assert _value(metrics, "softprobe_compiled_rules_evictions_total") == 1
    kept = [name for name in names if compiled.at_hand(("o", name))]
    assert kept == [name for name in names if name != "s3"]


async def test_sessions_with_the_same_documents_share_a_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is compiled once, counts once, and goes with the last of them; none of another's."""
    compilations: list[Any] = []

    def noted(*documents: Any) -> RuleSet:
        compilations.append(documents)
        return compile_rules(*documents)

    monkeypatch.setattr("app.dataplane.jobs.compile_rules", noted)
    text = _rules(201)
    sessions, metrics = Sessions(a=text, b=bytes(bytearray(text)), c=_rules(202)), Metrics()
    compiled = CompiledRules(sessions, metrics)
    first, second = await compiled.current("o", "a"), await compiled.current("o", "b")
    assert first.shared is second.shared
    assert first.documents.rules is second.documents.rules
    assert (first.shared.sessions, len(compilations)) == (2, 1)
    assert compiled.size == first.shared.size + 2 * SESSION_BYTES
    assert (await compiled.current("other", "a")).shared is not first.shared
    sessions.set("a", "2", _rules(202))
    assert _status(await compiled.current("o", "a")) == 202
    assert _status(await compiled.current("o", "b")) == 201
    sessions.set("b", "2", _rules(202))
    third = await compiled.current("o", "b")
    assert third.shared is (await compiled.current("o", "c")).shared
    assert (first.shared.sessions, third.shared.sessions) == (0, 3)
    other = (await compiled.current("other", "a")).shared
    assert compiled.size == third.shared.size + other.size + 4 * SESSION_BYTES


@pytest.mark.parametrize("padding", [0, LARGE_BYTES])
async def test_large_documents_are_compiled_beside_other_calls(
    padding: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another thread; small ones where they are."""
    threads: list[threading.Thread] = []

    def noted(*documents: Any) -> RuleSet:
        threads.append(threading.current_thread())
        return compile_rules(*documents)

    monkeypatch.setattr("app.dataplane.jobs.compile_rules", noted)
    compiled = CompiledRules(Sessions(s=_rules(201, padding)), Metrics())
    assert _status(await compiled.current("o", "s")) == 201
    assert [thread is threading.main_thread() for thread in threads] == [padding == 0]


async def test_the_clock_of_the_store_stands_still_while_rules_are_compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many rules take longer than the store may."""
    seen: list[float | None] = []

    def noted(*documents: Any) -> RuleSet:
        seen.append(deadline.when())
        return compile_rules(*documents)

    monkeypatch.setattr("app.dataplane.jobs.compile_rules", noted)
    compiled = CompiledRules(Sessions(s=_rules(201, LARGE_BYTES)), Metrics())
    async with call_deadline() as deadline:
        await compiled.current("o", "s", deadline)
        assert deadline.when() is not None
    assert seen == [None]


async def test_a_literal_is_compared_as_exactly_as_it_was_written() -> None:
    """A double would not hold it."""
    rule = b'{"when":{"bodyJsonPathEquals":{"$":0.12345678901234567891}},"then":%s}'
    then = b'{"action":"mock","response":{}}'
    compiled = CompiledRules(Sessions(s=b'{"rules":[%s]}' % (rule % then)), Metrics())
    rules = (await compiled.current("o", "s")).rules
    assert isinstance(rules.decide(Hop(body=b"0.123456789012345678910")), Hit)
    assert not isinstance(rules.decide(Hop(body=b"0.12345678901234567892")), Hit)


async def test_sessions_without_rules_take_room_too() -> None:
    """Millions of them must not fill a replica: each counts for what it takes, and they are few."""
    names = [f"s{n}" for n in range(20)]
    shared = EMPTY_BYTES + 2 * BYTES_A_BYTE
    for bound in ({"kept_bytes": 5 * SESSION_BYTES + shared}, {"kept_sessions": 5}):
        sessions, metrics = Sessions(**dict.fromkeys(names, b"")), Metrics()
        compiled = CompiledRules(sessions, metrics, **bound)
        for name in names:
            await compiled.current("o", name)
        assert _value(metrics, "softprobe_compiled_rules_evictions_total") == 15


@pytest.mark.parametrize("count", [0, 1, 50])
@pytest.mark.parametrize("are_alike", [True, False])
async def test_a_set_is_said_to_take_what_it_takes(count: int, are_alike: bool) -> None:
    """Measured over many sessions; no less is said, and not many times as much."""
    rule = {"when": {"host": "h", "path": "/p"}, "then": {"action": "mock", "response": {}}}
    text = json.dumps({"rules": [rule] * count}).encode() if count else b""
    names = [f"sess_{n:026}" for n in range(60)]
    sessions = Sessions(**{name: bytes(bytearray(text)) for name in names})
    compiled = CompiledRules(sessions, Metrics())
    tracemalloc.start()
    for number, name in enumerate(names):
        await compiled.current("o" if are_alike else f"o{number}", name)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken <= compiled.size <= 5 * taken


async def test_a_large_set_is_given_back_in_a_thread_once_nobody_uses_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hop that is being decided about keeps it."""
    done: asyncio.Future[threading.Thread] = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()

    def noted(held: list[RuleSet]) -> None:
        release(held)
        loop.call_soon_threadsafe(done.set_result, threading.current_thread())

    monkeypatch.setattr("app.dataplane.compiled.release", noted)
    sessions = Sessions(s=_rules(201, LARGE_BYTES))
    compiled = CompiledRules(sessions, Metrics())
    used = await compiled.current("o", "s")
    gone = weakref.ref(used.rules)
    sessions.set("s", "2", _rules(202))
    await compiled.current("o", "s")
    assert await done is not threading.main_thread()
    assert _status(used) == 201
    del used
    assert gone() is None

"""Compiled rule sets, kept for as long as their session's revision stands."""

import asyncio
from collections import OrderedDict
from typing import Any, NamedTuple, Protocol

from app.rules.literal import read_document
from app.rules.ruleset import RuleSet, compile_rules
from app.store.faults import call_deadline
from app.store.sessions import RuleDocuments
from app.telemetry.metrics import Metrics

# How much of rule documents the compiled sets that are kept may stem from, in bytes of JSON.
KEPT_BYTES = 64 * 2**20
# Compiling larger documents takes long enough to keep other calls waiting, in bytes.
LARGE_BYTES = 64 * 2**10

Name = tuple[str, str]


class Sessions(Protocol):
    """Where the documents of sessions are; both calls raise `session_not_found`."""

    async def revision(self, org: str, session_id: str) -> int:
        """The session's revision of this moment."""

    async def rule_documents(self, org: str, session_id: str) -> RuleDocuments:
        """The documents with the revision at which they stand."""


class Compiled(NamedTuple):
    """A rule set and the revision of the documents behind it, which are `size` bytes of JSON."""

    revision: int
    rules: RuleSet
    size: int


def _size(documents: RuleDocuments) -> int:
    return len(documents.rules) + len(documents.case_rules) + len(documents.policy)


def _read(text: bytes) -> Any:
    return read_document(text) if text else None


def _compile(documents: RuleDocuments) -> RuleSet:
    rules, case_rules = _read(documents.rules), _read(documents.case_rules)
    return compile_rules(rules, case_rules, _read(documents.policy) or {})


def _retrieve(task: "asyncio.Task[Compiled]") -> None:
    """Look at how a task ended: those who waited for its error may all have left."""
    if not task.cancelled():
        task.exception()


class CompiledRules:
    """The rule sets that this replica has compiled, the longest unused going first.

    sessions: the store. kept_bytes: the bound on the documents behind what is kept.
    """

    def __init__(self, sessions: Sessions, metrics: Metrics, kept_bytes: int = KEPT_BYTES) -> None:
        self._sessions = sessions
        self._metrics = metrics
        self._kept_bytes = kept_bytes
        self._held: OrderedDict[Name, Compiled] = OrderedDict()
        self._size = 0
        self._under_way: dict[tuple[Name, int], asyncio.Task[Compiled]] = {}

    async def current(self, org: str, session_id: str) -> Compiled:
        """The rule set at the session's revision of this moment, whatever replica set it.

        Raises `session_not_found`.
        """
        name = (org, session_id)
        revision = await self._sessions.revision(org, session_id)
        held = self._held.get(name)
        if held is None or held.revision != revision:
            self._metrics.compiled_rules.labels("miss").inc()
            return await asyncio.shield(self._renewal(name, revision))
        self._metrics.compiled_rules.labels("hit").inc()
        self._held.move_to_end(name)
        return held

    def _renewal(self, name: Name, revision: int) -> "asyncio.Task[Compiled]":
        """The one task that compiles a revision, or a later one, for all who ask for it.

        It outlives a caller that leaves.
        """
        key = (name, revision)
        if (task := self._under_way.get(key)) is None:
            task = self._under_way[key] = asyncio.create_task(self._renew(name))
            task.add_done_callback(_retrieve)
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return task

    async def _renew(self, name: Name) -> Compiled:
        async with call_deadline():
            documents = await self._sessions.rule_documents(*name)
        size = _size(documents)
        if size > LARGE_BYTES:
            rules = await asyncio.to_thread(_compile, documents)
        else:
            rules = _compile(documents)
        held = Compiled(documents.revision, rules, size)
        self._keep(name, held)
        return held

    def _keep(self, name: Name, held: Compiled) -> None:
        self._forget(name)
        self._held[name] = held
        self._size += held.size
        while self._size > self._kept_bytes and len(self._held) > 1:
            self._forget(next(iter(self._held)))
            self._metrics.compiled_rules_evictions.inc()
        self._metrics.compiled_rules_bytes.set(self._size)

    def _forget(self, name: Name) -> None:
        if old := self._held.pop(name, None):
            self._size -= old.size

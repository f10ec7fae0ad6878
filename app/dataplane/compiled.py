"""Compiled rule sets, kept for as long as their session's version stands."""

import asyncio
from collections import OrderedDict
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.dataplane.jobs import compile_documents
from app.rules.ruleset import RuleSet
from app.store.faults import call_deadline, paused
from app.store.sessions import RuleDocuments
from app.telemetry.metrics import Metrics

# How much memory the sets that are kept may take, in bytes, and how many there may be.
KEPT_BYTES = 256 * 2**20
KEPT_SETS = 100_000
# What a set takes, measured: a session without rules, and each byte of a document.
EMPTY_BYTES = 2000
BYTES_A_BYTE = 10
# Compiling larger documents takes long enough to keep other calls waiting, in bytes.
LARGE_BYTES = 64 * 2**10
# How many rules are given back at a time.
FEW_RULES = 20

Name = tuple[str, str]


class Sessions(Protocol):
    """Where the documents of sessions are; both calls raise `session_not_found`."""

    async def version(self, org: str, session_id: str, project: str = "") -> str:
        """What tells the session's documents of this moment from any others.

        project: the only one whose session it may be; empty for any.
        """

    async def rule_documents(self, org: str, session_id: str) -> RuleDocuments:
        """The documents with their version."""


@dataclass(slots=True, eq=False)
class Compiled:
    """A rule set, the documents behind it, and about how much memory all of it takes, in bytes.

    hot: what the fast lane has made of it. is_kept: whether it is among those that are kept.
    """

    documents: RuleDocuments
    rules: RuleSet
    size: int
    hot: dict[Any, Any] = field(default_factory=dict)
    is_kept: bool = False

    @property
    def version(self) -> str:
        """That of the documents."""
        return self.documents.version

    @property
    def has_case(self) -> bool:
        """Whether a case is loaded, be it without rules of its own."""
        return bool(self.documents.case_rules)


def _size(documents: RuleDocuments) -> int:
    """How much JSON the documents are, in bytes."""
    return len(documents.rules) + len(documents.case_rules) + len(documents.policy)


def _retrieve(task: "asyncio.Task[Compiled]") -> None:
    """Look at how a task ended: those who waited for its error may all have left."""
    if not task.cancelled():
        task.exception()


def release(held: list[RuleSet]) -> None:
    """Give back the one set that is held, few rules at a time: all at once stops every call."""
    rules = list(held[0].rules)
    held.clear()
    while rules:
        del rules[-FEW_RULES:]


class CompiledRules:
    """The rule sets that this replica has compiled, the longest unused going first.

    hits: counts those that were at hand and right; who uses `at_hand` counts them there.
    sessions: the store. kept_bytes, kept_sets: the bounds on what is kept.
    """

    def __init__(
        self,
        sessions: Sessions,
        metrics: Metrics,
        kept_bytes: int = KEPT_BYTES,
        kept_sets: int = KEPT_SETS,
    ) -> None:
        self._sessions = sessions
        self._metrics = metrics
        self.hits = metrics.compiled_rules["hit"]
        self._kept_bytes = kept_bytes
        self._kept_sets = kept_sets
        self._held: OrderedDict[Name, Compiled] = OrderedDict()
        self._size = 0
        self._under_way: dict[tuple[Name, str], asyncio.Task[Compiled]] = {}

    async def current(
        self,
        org: str,
        session_id: str,
        deadline: asyncio.Timeout | None = None,
        project: str = "",
    ) -> Compiled:
        """The rule set of the session's documents of this moment, whatever replica set them.

        deadline: the store's, which stands still while rules are compiled.
        project: the only one whose session it may be; empty for any.
        Raises `session_not_found`.
        """
        name = (org, session_id)
        version = await self._sessions.version(org, session_id, project)
        held = self._held.get(name)
        if held is None or held.version != version:
            self._metrics.compiled_rules["miss"].inc()
            async with paused(deadline) if deadline else nullcontext():
                return await asyncio.shield(self._renewal(name, version))
        self.hits.inc()
        self._held.move_to_end(name)
        return held

    def at_hand(self, org: str, session_id: str) -> Compiled | None:
        """The rule set that was the session's when it was last asked for, if it is kept."""
        name = (org, session_id)
        held = self._held.get(name)
        if held is not None:
            self._held.move_to_end(name)
        return held

    async def fresh(self, org: str, session_id: str, than: str) -> Compiled:
        """The rule set of the session's documents of this moment, read anew.

        than: the version that is known to be outdated; those who say the same share an answer.
        Raises `session_not_found`.
        """
        self._metrics.compiled_rules["miss"].inc()
        return await asyncio.shield(self._renewal((org, session_id), than))

    def _renewal(self, name: Name, version: str) -> "asyncio.Task[Compiled]":
        """The one task that compiles a version, or a later one, for all who ask for it.

        It outlives a caller that leaves.
        """
        key = (name, version)
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
            rules = await asyncio.to_thread(compile_documents, documents)
        else:
            rules = compile_documents(documents)
        held = Compiled(documents, rules, EMPTY_BYTES + BYTES_A_BYTE * size)
        self._keep(name, held)
        return held

    def _keep(self, name: Name, held: Compiled) -> None:
        self._forget(name)
        self._held[name] = held
        held.is_kept = True
        self._size += held.size
        self._make_room()

    def grow(self, held: Compiled, octets: int) -> bool:
        """Count more memory for a set, where it is kept; it may be the next one to go for that."""
        if held.is_kept:
            held.size += octets
            self._size += octets
            self._make_room()
        return held.is_kept

    def _make_room(self) -> None:
        while self._is_too_much() and len(self._held) > 1:
            self._forget(next(iter(self._held)))
            self._metrics.compiled_rules_evictions.inc()
        self._metrics.compiled_rules_bytes.set(self._size)

    def _is_too_much(self) -> bool:
        return self._size > self._kept_bytes or len(self._held) > self._kept_sets

    def _forget(self, name: Name) -> None:
        if not (old := self._held.pop(name, None)):
            return
        old.is_kept = False
        self._size -= old.size
        if _size(old.documents) > LARGE_BYTES:
            asyncio.get_running_loop().run_in_executor(None, release, [old.rules])

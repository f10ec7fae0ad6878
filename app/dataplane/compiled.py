"""Compiled rule sets, kept for as long as their session's version stands."""

import asyncio
from collections import OrderedDict
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from app.dataplane.jobs import compile_documents
from app.dataplane.shared_rules import SharedRules, SharedSets, length, texts_of
from app.rules.ruleset import RuleSet
from app.store.faults import call_deadline, paused
from app.store.sessions import RuleDocuments
from app.telemetry.metrics import Metrics

# How much memory the sets that are kept may take, in bytes, and of how many sessions they may be.
KEPT_BYTES = 256 * 2**20
KEPT_SESSIONS = 100_000
# How many sessions are passed over at a time that were asked for since the last time.
CHANCES = 1000
# What a session takes beside its rule set, measured.
SESSION_BYTES = 1000
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
    """A session's rule set and the documents behind it.

    shared: the set, which sessions with the same documents have in common.
    hops, uploads: what the fast lane has under way of the session.
    is_used: whether it was asked for since it was last considered to make room.
    """

    documents: RuleDocuments
    shared: SharedRules
    hops: Any = None
    uploads: Any = None
    is_used: bool = False

    @property
    def rules(self) -> RuleSet:
        """The rule set."""
        return self.shared.rules

    @property
    def version(self) -> str:
        """That of the documents."""
        return self.documents.version

    @property
    def has_case(self) -> bool:
        """Whether a case is loaded, be it without rules of its own."""
        return bool(self.documents.case_rules)


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
    """What this replica has compiled, the sessions going first that nobody asks for.

    hits: counts what was at hand and right; who uses `at_hand` counts it there.
    at_hand: gives what was last the session's, by its organisation and id, if it is kept; who uses
    it sets `is_used`.
    sessions: the store. kept_bytes, kept_sessions: the bounds on what is kept.
    """

    def __init__(
        self,
        sessions: Sessions,
        metrics: Metrics,
        kept_bytes: int = KEPT_BYTES,
        kept_sessions: int = KEPT_SESSIONS,
    ) -> None:
        self._sessions = sessions
        self._metrics = metrics
        self.hits = metrics.compiled_rules["hit"]
        self._kept_bytes = kept_bytes
        self._kept_sessions = kept_sessions
        # In the order in which they are considered to make room.
        self._held: OrderedDict[Name, Compiled] = OrderedDict()
        self.at_hand = self._held.get
        self._shared = SharedSets()
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
        held.is_used = True
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
        held = await self._compiled(name[0], documents)
        self._keep(name, held)
        return held

    async def _compiled(self, org: str, documents: RuleDocuments) -> Compiled:
        texts = texts_of(org, documents)
        if (shared := self._shared.find(texts)) is None:
            if length(texts) > LARGE_BYTES:
                rules = await asyncio.to_thread(compile_documents, documents)
            else:
                rules = compile_documents(documents)
            # Another session may have been quicker.
            shared = self._shared.find(texts) or SharedRules.of(texts, rules)
        return Compiled(shared.documents(documents.version, documents.project), shared)

    def _keep(self, name: Name, held: Compiled) -> None:
        # First, so that a set that stays the same stays.
        self._shared.join(held.shared)
        self._forget(name)
        self._held[name] = held
        held.is_used = True
        self._make_room()

    def grow(self, shared: SharedRules, octets: int) -> bool:
        """Count more memory for a set, where it is kept; some may have to go for that."""
        is_kept = self._shared.grow(shared, octets)
        if is_kept:
            self._make_room()
        return is_kept

    @property
    def size(self) -> int:
        """About how much memory all takes that is kept, in bytes."""
        return self._shared.size + SESSION_BYTES * len(self._held)

    def _make_room(self) -> None:
        while self._is_too_much() and len(self._held) > 1:
            self._forget(self._next_to_go())
            self._metrics.compiled_rules_evictions.inc()
        self._metrics.compiled_rules_bytes.set(self.size)

    def _next_to_go(self) -> Name:
        """The first that nobody has asked for since it was last considered.

        So a hop leaves a mark, which costs it less than keeping the sets in order would.
        """
        for _ in range(CHANCES):
            name, held = next(iter(self._held.items()))
            if not held.is_used:
                return name
            held.is_used = False
            self._held.move_to_end(name)
        return next(iter(self._held))

    def _is_too_much(self) -> bool:
        return self.size > self._kept_bytes or len(self._held) > self._kept_sessions

    def _forget(self, name: Name) -> None:
        if not (old := self._held.pop(name, None)):
            return
        is_last = self._shared.leave(old.shared)
        if is_last and length(old.shared.texts) > LARGE_BYTES:
            asyncio.get_running_loop().run_in_executor(None, release, [old.rules])

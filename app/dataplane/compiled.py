"""Compiled rule sets, kept for as long as their session's revision stands."""

import json
from collections import OrderedDict
from typing import Any, NamedTuple

from app.rules.ruleset import RuleSet, compile_rules
from app.store.sessions import RuleDocuments, SessionStore

# How much of rule documents the compiled sets that are kept may stem from, in bytes of JSON.
KEPT_BYTES = 64 * 2**20


class Compiled(NamedTuple):
    """A rule set and the revision of the documents behind it, which are `size` bytes of JSON."""

    revision: int
    rules: RuleSet
    size: int


def _json(document: bytes) -> Any:
    return json.loads(document) if document else None


def _compile(documents: RuleDocuments) -> Compiled:
    rules = compile_rules(
        _json(documents.rules), _json(documents.case_rules), _json(documents.policy) or {}
    )
    size = len(documents.rules) + len(documents.case_rules) + len(documents.policy)
    return Compiled(documents.revision, rules, size)


class CompiledRules:
    """The rule sets that this replica has compiled, the longest unused going first.

    sessions: the store. kept_bytes: the bound on the documents behind what is kept.
    """

    def __init__(self, sessions: SessionStore, kept_bytes: int = KEPT_BYTES) -> None:
        self._sessions = sessions
        self._kept_bytes = kept_bytes
        self._held: OrderedDict[tuple[str, str], Compiled] = OrderedDict()
        self._size = 0

    async def current(self, org: str, session_id: str) -> Compiled:
        """The rule set at the session's revision of this moment, whatever replica set it.

        Raises `session_not_found`.
        """
        held = self._held.get((org, session_id))
        revision = await self._sessions.revision(org, session_id) if held else 0
        if held is None or held.revision != revision:
            held = _compile(await self._sessions.rule_documents(org, session_id))
            self._keep((org, session_id), held)
        else:
            self._held.move_to_end((org, session_id))
        return held

    def _keep(self, key: tuple[str, str], held: Compiled) -> None:
        self._forget(key)
        self._held[key] = held
        self._size += held.size
        while self._size > self._kept_bytes and len(self._held) > 1:
            self._forget(next(iter(self._held)))

    def _forget(self, key: tuple[str, str]) -> None:
        if old := self._held.pop(key, None):
            self._size -= old.size

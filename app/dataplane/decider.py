"""Decides about hops: what the rules offer, less what other hops have had before."""

import asyncio

from app.dataplane.bodies import HopBody
from app.dataplane.compiled import Compiled, CompiledRules
from app.dataplane.worker import Worker
from app.hop.model import Hop
from app.http.respond import json_bytes
from app.recordings.packed import unpack
from app.recordings.question import Question
from app.rules.decision import Blocked, Decision, Fall, Fallen, Hit, Miss, Replay, RuleRef
from app.rules.strict_miss import StrictMiss, missed, strict_miss
from app.store.hits import Chosen, HitStore, Wanted
from app.store.sessions import SessionStore


class _StaleRules(Exception):  # noqa: N818 (an event, not an error)
    """A document was replaced between the decision and its effect."""


def _chosen(rule: RuleRef, version: str) -> Chosen:
    return Chosen(version, rule.layer, rule.index, rule.once)


class Decider:
    """Decides about the hops of all sessions, and counts what it decides.

    compiled: the rule sets. sessions, hits: the store. worker: for large bodies.
    """

    def __init__(
        self, compiled: CompiledRules, sessions: SessionStore, hits: HitStore, worker: Worker
    ) -> None:
        self._compiled = compiled
        self._sessions = sessions
        self._hits = hits
        self._worker = worker

    async def decide(
        self, org: str, hop: Hop, deadline: asyncio.Timeout, project: str = ""
    ) -> Hit | StrictMiss | Miss:
        """What becomes of a hop, by the documents of this moment.

        project: the only one whose session it may name; empty for any.
        deadline: the store's; each time the documents change meanwhile the hop is decided again.
        Raises `session_not_found`, or `store_unavailable` for a body that takes too long.
        """
        body = HopBody(hop, self._worker, deadline)
        while True:
            compiled = await self._compiled.current(org, hop.session_id, deadline, project)
            try:
                return await self._decided(org, body, compiled)
            except _StaleRules:
                continue

    async def _decided(
        self, org: str, body: HopBody, compiled: Compiled
    ) -> Hit | StrictMiss | Miss:
        fallen: list[Fallen] = []
        async for offer in body.offers(compiled):
            end = await self._accept(org, body, offer, compiled.version)
            if isinstance(end, Blocked):
                return strict_miss(body.hop, end, fallen, has_case=compiled.has_case)
            if not isinstance(end, Fallen):
                return end
            fallen.append(end)
        return Miss()

    async def _accept(
        self, org: str, body: HopBody, offer: Decision, version: str
    ) -> Hit | Blocked | Miss | Fallen:
        """Make an offer's effect, if its rule is not as if absent."""
        hop = body.hop
        if isinstance(offer, Replay):
            return await self._replay(org, body, offer, version)
        if isinstance(offer, Blocked):
            miss = json_bytes(missed(hop)).decode()
            await self._sessions.count(org, hop.session_id, "strictMisses", miss)
        elif offer.rule and offer.rule.once:
            return await self._claim(org, hop, offer, offer.rule, version)
        elif isinstance(offer, Hit):
            await self._sessions.count(org, hop.session_id, "injectedSpans")
        return offer

    async def _claim(
        self, org: str, hop: Hop, offer: Hit | Miss, rule: RuleRef, version: str
    ) -> Hit | Miss | Fallen:
        chosen = _chosen(rule, version)
        is_hit = isinstance(offer, Hit)
        word = await self._hits.claim(org, hop.session_id, chosen, is_hit=is_hit)
        if word == "stale":
            raise _StaleRules
        return offer if word == "ok" else Fallen(rule, Fall.SPENT)

    async def _replay(self, org: str, body: HopBody, offer: Replay, version: str) -> Hit | Fallen:
        """The next recording that agrees, if one does and the rule is not spent."""
        hop, question = body.hop, Question(body.hop, offer.ignore)
        chosen = _chosen(offer.rule, version)
        fields = await body.wanted(offer.ignore)
        wanted = Wanted(question.ignored, question.port, fields.line, fields.recordings)
        word, octets = await self._hits.take(org, hop.session_id, chosen, wanted)
        if word == "shapes":
            fields = await body.wanted(offer.ignore, octets)
            wanted = wanted._replace(line=fields.line, fields=fields.recordings)
            word, octets = await self._hits.take(org, hop.session_id, chosen, wanted)
        if word == "stale":
            raise _StaleRules
        if word == "ok":
            return Hit(unpack(octets).to(hop.method), offer.rule)
        return Fallen(offer.rule, Fall(word))

"""Decides about hops: what the rules offer, less what other hops have had before."""

import asyncio

from app.dataplane.bodies import HopBody
from app.dataplane.compiled import CompiledRules
from app.dataplane.worker import Worker
from app.hop.model import Hop
from app.http.respond import json_bytes
from app.recordings.packed import unpack
from app.recordings.question import Question
from app.recordings.shape import read_shapes
from app.rules.decision import Blocked, Decision, Hit, Miss, Replay, RuleRef
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

    async def decide(self, org: str, hop: Hop, deadline: asyncio.Timeout) -> Hit | Blocked | Miss:
        """What becomes of a hop, by the documents of this moment.

        deadline: the store's; each time the documents change meanwhile the hop is decided again.
        Raises `session_not_found`, or `store_unavailable` for a body that takes too long.
        """
        body = HopBody(hop, self._worker, deadline)
        while True:
            compiled = await self._compiled.current(org, hop.session_id, deadline)
            version = compiled.version
            try:
                async for offer in body.offers(compiled):
                    decision = await self._accept(org, body, offer, version)
                    if decision is not None:
                        return decision
            except _StaleRules:
                continue
            return Miss()

    async def _accept(
        self, org: str, body: HopBody, offer: Decision, version: str
    ) -> Hit | Blocked | Miss | None:
        """Make an offer's effect; None where its rule is as if absent."""
        hop = body.hop
        if isinstance(offer, Replay):
            return await self._replay(org, body, offer, version)
        if isinstance(offer, Blocked):
            missed = {"method": offer.method, "host": offer.host, "path": offer.path}
            miss = json_bytes(missed).decode()
            await self._sessions.count(org, hop.session_id, "strictMisses", miss)
        elif offer.rule and offer.rule.once:
            return offer if await self._claim(org, hop, offer, offer.rule, version) else None
        elif isinstance(offer, Hit):
            await self._sessions.count(org, hop.session_id, "injectedSpans")
        return offer

    async def _claim(
        self, org: str, hop: Hop, offer: Hit | Miss, rule: RuleRef, version: str
    ) -> bool:
        chosen = _chosen(rule, version)
        is_hit = isinstance(offer, Hit)
        word = await self._hits.claim(org, hop.session_id, chosen, is_hit=is_hit)
        if word == "stale":
            raise _StaleRules
        return word == "ok"

    async def _replay(self, org: str, body: HopBody, offer: Replay, version: str) -> Hit | None:
        """The next recording that agrees; None where none does or the rule is spent."""
        hop, question = body.hop, Question(body.hop, offer.ignore)
        chosen = _chosen(offer.rule, version)
        fields = await body.fields(offer.ignore)
        wanted = Wanted(question.ignored, question.port, question.line_field, fields)
        word, octets = await self._hits.take(org, hop.session_id, chosen, wanted)
        if word == "shapes":
            fields = await body.fields(offer.ignore, read_shapes(octets))
            wanted = wanted._replace(line=b"", fields=fields)
            word, octets = await self._hits.take(org, hop.session_id, chosen, wanted)
        if word == "stale":
            raise _StaleRules
        return Hit(unpack(octets).to(hop.method), offer.rule) if word == "ok" else None

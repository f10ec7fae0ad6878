"""Decides about hops: what the rules offer, less what other hops have had before."""

from app.dataplane.compiled import CompiledRules
from app.hop.model import Hop
from app.http.beside import beside_other_calls
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

    compiled: the rule sets. sessions, hits: the store.
    """

    def __init__(self, compiled: CompiledRules, sessions: SessionStore, hits: HitStore) -> None:
        self._compiled = compiled
        self._sessions = sessions
        self._hits = hits

    async def decide(self, org: str, hop: Hop) -> Hit | Blocked | Miss:
        """What becomes of a hop, by the documents of this moment.

        The caller bounds the time: each time the documents change meanwhile it is decided again.
        Raises `session_not_found`.
        """
        while True:
            version, rules, _ = await self._compiled.current(org, hop.session_id)
            try:
                for offer in rules.offers(hop):
                    decision = await self._accept(org, hop, offer, version)
                    if decision is not None:
                        return decision
            except _StaleRules:
                continue
            return Miss()

    async def _accept(
        self, org: str, hop: Hop, offer: Decision, version: str
    ) -> Hit | Blocked | Miss | None:
        """Make an offer's effect; None where its rule is as if absent."""
        if isinstance(offer, Replay):
            return await self._replay(org, hop, offer, version)
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

    async def _replay(self, org: str, hop: Hop, offer: Replay, version: str) -> Hit | None:
        """The next recording that agrees; None where none does or the rule is spent."""
        question = Question(hop, offer.ignore)
        size = len(hop.body)
        chosen = _chosen(offer.rule, version)
        fields = await beside_other_calls(size, question.fields)
        wanted = Wanted(question.ignored, question.port, question.line_field, fields)
        word, octets = await self._hits.take(org, hop.session_id, chosen, wanted)
        if word == "shapes":
            shapes = read_shapes(octets)
            fields = await beside_other_calls(size * len(shapes), lambda: question.fields(shapes))
            wanted = wanted._replace(line=b"", fields=fields)
            word, octets = await self._hits.take(org, hop.session_id, chosen, wanted)
        if word == "stale":
            raise _StaleRules
        return Hit(unpack(octets).to(hop.method), offer.rule) if word == "ok" else None

"""`POST /v1/inject` on the fast lane: decided by the rules at hand, confirmed by the store.

The plain case is a hop that a rule answers as often as it is asked, or that no rule answers. Where
an answer depends on what other hops have had, or is much work, the plain lane decides.
"""

from collections.abc import Sequence
from math import inf
from time import perf_counter
from typing import Any

from app.dataplane.compiled import Compiled
from app.dataplane.inject import Inject, miss
from app.fastlane.call import FastCall
from app.fastlane.protocol import FastProtocol
from app.fastlane.ready import Ready, Verdict
from app.fastlane.recall import Recall
from app.fastlane.under_way import Desk, UnderWay, answer_each, may_reach, new_under_way
from app.http.caller import Caller
from app.http.headers import Scope
from app.otlp.quick import quick_reader
from app.store.confirmations import Confirmations
from app.store.ids import is_session_id

# What is longer may be much work, in bytes.
MUCH_BYTES = 16 * 1024

# Never raised: it would keep where it was.
_MISS = miss()


class FastInject(FastCall):
    """Takes the questions that come with one head.

    ttl_ms: a session's life after its last use. plain: the call of the plain lane.
    """

    def __init__(self, desk: Desk, ttl_ms: int, plain: Inject, scope: Scope) -> None:
        super().__init__(desk, scope, MUCH_BYTES)
        self.ttl_ms = ttl_ms
        self.answered_in = plain.error_media(scope, self.media)
        self.handed_out = plain.handed_out.handed_out if plain.handed_out.counts else None
        self._at_hand, self._hits = desk.compiled.at_hand, desk.compiled.hits
        self.read, self.question = quick_reader(self.media)
        self.recall = Recall(desk.compiled, self.answered_in, _MISS)
        self._lines = self.recall.by_line

    def begin(
        self, caller: Caller, connection: FastProtocol, body: bytes, name: bytes,
        arrived: float = 0.0,
    ) -> bool:  # fmt: skip
        """Begin a question, or leave it to the plain lane."""
        parts = self.read(body)
        if parts is None:
            return False
        session_id, line, ids, _, _ = parts
        compiled = self._at_hand((caller.org, session_id))
        if compiled is None:
            return self._begin_without(connection, caller, session_id, name, arrived)
        # Asked first, for few have a project and a function of Python costs each hop.
        if caller.project and not may_reach(caller, compiled):
            return False
        lines = compiled.shared.recalled.get(self._lines)
        verdict = lines and lines.get(line)
        if not verdict:
            verdict = self.recall.verdict(compiled.shared, self.question(*parts))
            if verdict is None:
                return False
        compiled.is_used = True
        self._hits.value += 1
        self.requests.in_progress += 1
        arrived = arrived or perf_counter()
        asked = (self, connection, caller, session_id, name, compiled, arrived, verdict, ids)
        self._confirm(new_under_way(asked), compiled, verdict)
        return True

    def _begin_without(
        self, connection: FastProtocol, caller: Caller, session_id: str, name: bytes,
        arrived: float,
    ) -> bool:  # fmt: skip
        """Begin a question for which no rules are at hand."""
        # Whose project's it is has to be known before anything is fetched, or made to live on.
        if caller.project or not is_session_id(session_id):
            return False
        self.requests.in_progress += 1
        arrived = arrived or perf_counter()
        asked = UnderWay(self, connection, caller, session_id, name, None, arrived, None, None)
        self.desk.fetch(asked, than="")
        return True

    def go_on(self, asked: UnderWay, compiled: Compiled, until: float) -> None:
        """Decide by rules that were fetched only now.

        The question is read again: what was read is let go at once, so that the next question finds
        that memory still in the processor's cache, which halves what reading takes.
        """
        assert asked.connection.request
        parts = self.read(asked.connection.request.partition(b"\r\n\r\n")[2])
        assert parts
        question = self.question(*parts)
        verdict = self.recall.verdict(compiled.shared, question)
        if verdict is None:
            asked.fall_back()
            return
        asked = asked._replace(verdict=verdict, content=question.ids)
        self._confirm(asked, compiled, verdict, until)

    def _confirm(
        self, asked: UnderWay, compiled: Compiled, verdict: Verdict, until: float = inf
    ) -> None:
        """Have the store confirm a decision."""
        batch: Confirmations | None = compiled.hops
        if batch is None:
            org, session_id = asked.caller.org, asked.session_id
            batch = Confirmations(org, session_id, compiled.version, self.ttl_ms)
            compiled.hops = batch
        if type(verdict) is Ready:
            batch.misses += 1
        self.join(batch, asked, until)

    def succeed(self, waiters: Sequence[UnderWay], values: Sequence[Any]) -> None:  # noqa: ARG002
        """The decisions stand."""
        metrics = self.desk.record.metrics
        for status, seconds in answer_each(waiters).items():
            metrics.injected["hit" if status == 200 else "miss"].value += len(seconds)
            metrics.inject_latency.observe_each(seconds)
        if self.handed_out:
            for asked in waiters:
                assert asked.verdict
                self.handed_out(asked.caller.org, asked.verdict.handed_out)

    def count(self, error: str, seconds: float) -> None:
        """Count it as a miss, which an unknown session is, or an error."""
        metrics = self.desk.record.metrics
        metrics.injected["miss" if error == "session_not_found" else "error"].value += 1
        metrics.inject_latency.observe(seconds)

"""`POST /v1/inject` on the fast lane: decided by the rules at hand, confirmed by the store.

The plain case is a hop that a rule answers as often as it is asked, or that no rule answers. Where
an answer depends on what other hops have had, or is much work, the plain lane decides.
"""

from collections.abc import Sequence
from typing import Any

from app.dataplane.compiled import Compiled
from app.dataplane.inject import Inject, miss
from app.fastlane.call import FastCall
from app.fastlane.protocol import FastProtocol
from app.fastlane.ready import Ready
from app.fastlane.recall import Recall
from app.fastlane.under_way import Desk, UnderWay, answer_each, may_reach
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
        session_id, line, trace_id, span_id, _, _ = parts
        compiled = self._at_hand((caller.org, session_id))
        if compiled is None:
            return self._begin_without(connection, caller, session_id, name, arrived)
        if caller.project and not may_reach(caller, compiled):
            return False
        shared = compiled.shared
        lines = shared.recalled.get(self._lines)
        verdict = lines and lines.get(line)
        if not verdict:
            verdict = self.recall.verdict(shared, self.question(*parts))
            if verdict is None:
                return False
        compiled.is_used = True
        self._hits.value += 1
        asked = Asked(self, connection, caller, session_id, name, compiled, arrived)
        asked.trace_id, asked.span_id, asked.verdict = trace_id, span_id, verdict
        self.join(asked.batch(), asked)
        return True

    def _begin_without(
        self, connection: FastProtocol, caller: Caller, session_id: str, name: bytes,
        arrived: float,
    ) -> bool:  # fmt: skip
        """Begin a question for which no rules are at hand."""
        # Whose project's it is has to be known before anything is fetched, or made to live on.
        if caller.project or not is_session_id(session_id):
            return False
        asked = Asked(self, connection, caller, session_id, name, None, arrived)
        self.desk.fetch(asked, than="")
        return True


class Asked(UnderWay):
    """A question under way.

    What was read of it is let go at once, so that the next question finds that memory still in the
    processor's cache, which halves what reading takes; it is read again where that is needed.

    trace_id, span_id: the question's.
    """

    __slots__ = ("span_id", "trace_id")

    call: FastInject
    trace_id: bytes
    span_id: bytes

    def go_on(self, compiled: Compiled, until: float) -> None:
        """Decide by rules that were fetched only now."""
        assert self.connection.under_way
        parts = self.call.read(self.connection.under_way.partition(b"\r\n\r\n")[2])
        assert parts
        question = self.call.question(*parts)
        verdict = self.call.recall.verdict(compiled.shared, question)
        if verdict is None:
            self.fall_back()
            return
        self.trace_id, self.span_id, self.verdict = question.trace_id, question.span_id, verdict
        batch = self.batch()
        batch.hasten(until)
        self.call.join(batch, self)

    def batch(self) -> Confirmations:
        """What has the store confirm the decision; it is counted there if it is a hit."""
        compiled = self.compiled
        batch: Confirmations | None = compiled.hops
        if batch is None:
            version, ttl_ms = compiled.version, self.call.ttl_ms
            batch = Confirmations(self.caller.org, self.session_id, version, ttl_ms)
            compiled.hops = batch
        if type(self.verdict) is Ready:
            batch.misses += 1
        return batch

    @classmethod
    def succeed(cls, waiters: Sequence["Asked"], values: Sequence[Any]) -> None:  # noqa: ARG003 none
        """The decisions stand."""
        call = waiters[0].call
        desk = call.desk
        metrics = desk.record.metrics
        if call.handed_out:
            for asked in waiters:
                call.handed_out(asked.caller.org, asked.verdict.handed_out)
        for status, seconds in answer_each(waiters).items():
            metrics.injected["hit" if status == 200 else "miss"].value += len(seconds)
            metrics.inject_latency.observe_each(seconds)

    def count(self, error: str, seconds: float) -> None:
        """Count it as a miss, which an unknown session is, or an error."""
        metrics = self.call.desk.record.metrics
        metrics.injected["miss" if error == "session_not_found" else "error"].value += 1
        metrics.inject_latency.observe(seconds)

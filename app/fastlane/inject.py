"""`POST /v1/inject` on the fast lane: decided by the rules at hand, confirmed by the store.

The plain case is a hop that a rule answers as often as it is asked, or that no rule answers. Where
an answer depends on what other hops have had, or is much work, the plain lane decides.
"""

from collections.abc import Sequence
from random import random
from typing import Any

from app.dataplane.compiled import Compiled
from app.dataplane.inject import Inject, miss
from app.dataplane.quick_offer import quick_offer
from app.fastlane.call import FastCall
from app.fastlane.protocol import FastProtocol
from app.fastlane.recall import Ready, ReadyMiss, Recall
from app.fastlane.under_way import Desk, UnderWay, may_reach
from app.hop.answer import Answer
from app.http.caller import Caller
from app.http.headers import Scope
from app.otlp.answers import encode_hit
from app.otlp.quick import QuickQuestion, quick_question
from app.rules.decision import Hit, Miss
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
        self.handed_out = plain.handed_out.handed_out
        self._answered_in = plain.error_media(scope, self.media)
        self.recall = Recall(desk.compiled, self._answered_in, _MISS)

    def begin(
        self, connection: FastProtocol, request: bytes, body_at: int, caller: Caller, name: bytes,
        arrived: float = 0.0,
    ) -> bool:  # fmt: skip
        """Begin a question, or leave it to the plain lane."""
        body = request[body_at:]
        question = quick_question(body, self.media)
        if question is None:
            return False
        desk = self.desk
        session_id = question.session_id
        asked = Asked(desk, connection, self._answered_in, caller, session_id, name, arrived)
        asked.call, asked.body = self, body
        compiled = desk.compiled.at_hand(caller.org, session_id)
        if compiled is None:
            # Whose project's it is has to be known before anything is fetched, or made to live on.
            if caller.project or not is_session_id(session_id):
                return False
            asked.begin(request)
            desk.fetch(asked, than="")
            return True
        if caller.project and not may_reach(caller, compiled):
            return False
        if not asked.is_decided_by(compiled, question):
            return False
        desk.compiled.hits.value += 1
        asked.begin(request)
        asked.confirm()
        return True

    def read(self, body: bytes) -> QuickQuestion:
        """The question of a body that has been read before."""
        question = quick_question(body, self.media)
        assert question
        return question


class Asked(UnderWay):
    """A question under way.

    It is read again where that is needed: what is read is let go at once, so that the next question
    finds its memory still in the processor's cache, which halves what reading takes.

    body: the question's. trace_id, span_id: the question's.
    ready: the answer to it; None where it is made for this hop of what is offered.
    """

    __slots__ = ("body", "call", "offer", "ready", "span_id", "trace_id")

    call: FastInject
    body: bytes
    trace_id: bytes
    span_id: bytes
    ready: Ready | None
    offer: Hit | Miss

    def is_decided_by(self, compiled: Compiled, question: QuickQuestion) -> bool:
        """Decide, if these rules have it that this is quick."""
        self.compiled = compiled
        self.trace_id, self.span_id = question.trace_id, question.span_id
        recall = self.call.recall
        line = question.way() if compiled.rules.asks_way else question.line
        if line is not None:
            lines = recall.lines_of(compiled)
            ready = lines[line] if line in lines else recall.learn(compiled, line)
            if ready is not None:
                self.ready = ready
                return True
        hop = question.hop()
        offer = quick_offer(compiled.rules, hop)
        if offer is None:
            return False
        self.offer, self.ready = offer, recall.of_offer(compiled, offer, hop.method)
        return True

    def go_on(self, compiled: Compiled) -> None:
        """Decide by rules that were fetched only now."""
        if self.is_decided_by(compiled, self.call.read(self.body)):
            self.confirm()
        else:
            self.fall_back()

    def confirm(self) -> None:
        """Have the store confirm the decision."""
        compiled = self.compiled
        batch: Confirmations | None = compiled.hot.get(Confirmations)
        if batch is None:
            batch = Confirmations(
                self.caller.org, self.session_id, compiled.version, self.call.ttl_ms
            )
            compiled.hot[Confirmations] = batch
        batch.hits += type(self.ready) is not ReadyMiss
        self.desk.calls.join(batch, self, self.until)

    def succeed(self, values: Sequence[Any]) -> None:  # noqa: ARG002 there are none
        """The decision stands."""
        if (ready := self.ready) is None:
            assert isinstance(self.offer, Hit)
            self._answer_with(self.offer.answer.drawn(random))
        elif isinstance(ready, ReadyMiss):
            self.hand_out(ready.head, ready.body, _MISS)
        elif (body := ready.form.bytes_for(self)) is None:
            self._answer_with(ready.answer)
        else:
            self.call.handed_out(self.caller.org, len(ready.answer.body))
            self.hand_out(ready.head, body)

    def _answer_with(self, answer: Answer) -> None:
        """Answer with a hit of its own."""
        self.call.handed_out(self.caller.org, len(answer.body))
        self.answer(encode_hit(answer, self, self.answered_in))

    def count(self, status: int, error: str, seconds: float) -> None:
        """Count it as a hit, a miss, which an unknown session is too, or an error."""
        result = "hit" if status == 200 else "miss" if error in _MISSES else "error"
        metrics = self.desk.record.metrics
        metrics.injected[result].value += 1
        metrics.inject_latency.observe(seconds)


_MISSES = (_MISS.name, "session_not_found")

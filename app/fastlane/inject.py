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
from app.fastlane.entrance import Entrance
from app.fastlane.protocol import FastProtocol
from app.fastlane.under_way import Desk, UnderWay, may_reach
from app.hop.answer import Answer
from app.http.headers import Scope
from app.otlp.answers import encode_hit
from app.otlp.hit_form import HitForm
from app.otlp.media import Media
from app.otlp.quick import quick_question
from app.otlp.traces import InjectQuestion
from app.rules.decision import Hit, Miss
from app.store.confirmations import Confirmations
from app.store.ids import is_session_id

# What is longer may be much work, in bytes.
MAX_BODY_BYTES = 16 * 1024

_BODILESS = "HEAD"
# Never raised: it would keep where it was.
_MISS = miss()


class FastInject:
    """Takes the questions that come with one head.

    desk: what they work with. ttl_ms: a session's life after its last use.
    plain: the call of the plain lane. Raises an error of the catalogue for a head that it refuses.
    """

    max_body_bytes = MAX_BODY_BYTES

    def __init__(self, desk: Desk, ttl_ms: int, plain: Inject, scope: Scope) -> None:
        self.ttl_ms = ttl_ms
        self.handed_out = plain.handed_out.handed_out
        self._desk = desk
        self._entrance = Entrance(desk.admission, scope)
        self._media = plain.media(scope)
        self._answered_in = plain.error_media(scope, self._media)

    def take(self, connection: FastProtocol, request: bytes, body_at: int, name: bytes) -> bool:
        """Begin a question, or leave it to the plain lane."""
        caller, desk = self._entrance.lasting or self._entrance.caller(), self._desk
        if caller is None or (desk.concurrency and not desk.concurrency.has_room(caller.org)):
            return False
        question = quick_question(request[body_at:], self._media)
        if question is None or not is_session_id(session_id := question.hop.session_id):
            return False
        asked = Asked(desk, connection, self._answered_in, caller, session_id, name)
        asked.call, asked.question = self, question
        compiled = desk.compiled.at_hand(caller.org, session_id)
        if compiled is None:
            asked.begin(request)
            desk.fetch(asked, than="")
            return True
        if caller.project and not may_reach(caller, compiled):
            return False
        if not asked.is_decided_by(compiled):
            return False
        asked.begin(request)
        asked.confirm()
        return True


class Asked(UnderWay):
    """A question under way."""

    __slots__ = ("call", "offer", "question")

    call: FastInject
    question: InjectQuestion
    offer: Hit | Miss

    def is_decided_by(self, compiled: Compiled) -> bool:
        """Decide, if these rules have it that this is quick."""
        offer = quick_offer(compiled.rules, self.question.hop)
        if offer is None:
            return False
        self.offer, self.compiled = offer, compiled
        return True

    def go_on(self, compiled: Compiled) -> None:
        """Decide by rules that were fetched only now."""
        if self.is_decided_by(compiled):
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
        batch.hits += type(self.offer) is Hit
        self.desk.calls.join(batch, self, self.until)

    def succeed(self, values: Sequence[Any]) -> None:  # noqa: ARG002 there are none
        """The decision stands."""
        if type(self.offer) is Hit:
            answer = self.offer.answer
            self.call.handed_out(self.caller.org, len(answer.body))
            self.answer(self._hit(answer))
        else:
            self.fail(_MISS)

    def _hit(self, answer: Answer) -> bytes:
        if answer.delay_spread_ms or self.question.hop.method.upper() == _BODILESS:
            # These answers are made for the hop.
            return encode_hit(answer.drawn(random), self.question, self.answered_in)
        form = self._form(answer)
        if form is None or not form.fits(self.question):
            return encode_hit(answer, self.question, self.answered_in)
        return form.bytes_for(self.question)

    def _form(self, answer: Answer) -> HitForm | None:
        """The answer's form, made with the first hit."""
        # An enum's own hash is a function of Python.
        hot, name = self.compiled.hot, (id(answer), self.answered_in is Media.JSON)
        held: tuple[Answer, HitForm | None] | None = hot.get(name)
        if held is None:
            # With the answer itself, so that no other one gets its id.
            held = hot[name] = (answer, HitForm.of(answer, self.answered_in))
        return held[1]

    def count(self, status: int, error: str, seconds: float) -> None:
        """Count it as a hit, a miss, which an unknown session is too, or an error."""
        result = "hit" if status == 200 else "miss" if error in _MISSES else "error"
        metrics = self.desk.record.metrics
        metrics.injected[result].inc()
        metrics.inject_latency.observe(seconds)


_MISSES = (_MISS.name, "session_not_found")

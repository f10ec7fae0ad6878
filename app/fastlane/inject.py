"""`POST /v1/inject` on the fast lane: decided by the rules at hand, confirmed by the store.

The plain case is a hop that a rule answers as often as it is asked, or that no rule answers. Where
an answer depends on what other hops have had, or is much work, the plain lane decides.
"""

import asyncio
from random import random
from time import perf_counter

from app.dataplane.compiled import Compiled, CompiledRules
from app.dataplane.inject import Inject, miss
from app.dataplane.quick_offer import quick_offer
from app.errors import ApiError
from app.fastlane.answers import error_answer, head
from app.fastlane.protocol import FastProtocol
from app.fastlane.record import Record
from app.http.headers import Scope
from app.http.request_id import request_id_bytes
from app.otlp.answers import encode_hit
from app.otlp.hit_form import HitForm
from app.otlp.media import Media
from app.otlp.quick import quick_question
from app.otlp.traces import InjectQuestion
from app.rules.decision import Hit, Miss
from app.store.confirmations import LOST, REFUSED, Confirmations, HotVersion
from app.store.faults import CALL_SECONDS, unavailable
from app.store.ids import is_session_id
from app.store.sessions import not_found

# What is longer may be much work, in bytes.
MAX_BODY_BYTES = 16 * 1024
# What is left at least for a confirmation, of all that the store may take in a call, in seconds.
LEAST_SECONDS = 0.15

_HOT = "version"
_BODILESS = "HEAD"
# Never raised: it would keep where it was.
_MISS = miss()


class FastInject:
    """Takes the questions of a replica.

    inject: the plain lane's call, whose admission and media are this one's.
    compiled: the rule sets. confirmations: asks the store. record: notes what was answered.
    """

    route = "/v1/inject"

    def __init__(
        self,
        inject: Inject,
        compiled: CompiledRules,
        confirmations: Confirmations,
        record: Record,
        ttl_ms: int,
    ) -> None:
        self._inject = inject
        self.compiled = compiled
        self.record = record
        self._confirmations = confirmations
        self._ttl_ms = ttl_ms
        self._fetching: set[asyncio.Task[None]] = set()

    def call(self, scope: Scope) -> "InjectCall":
        """What takes the requests of a head. Raises an error of the catalogue."""
        media = self._inject.admit(scope)
        return InjectCall(self, media, self._inject.error_media(scope, media))

    def confirm(self, asked: "Asked", compiled: Compiled) -> None:
        """Have the store confirm a decision."""
        version = compiled.hot.get(_HOT)
        if version is None:
            version = compiled.hot[_HOT] = HotVersion(
                asked.org, asked.session_id, compiled.version, self._ttl_ms
            )
        is_hit = type(asked.offer) is Hit
        self._confirmations.confirm(version, asked, asked.until, is_hit=is_hit)

    def fetch(self, asked: "Asked", than: str) -> None:
        """Have the rules of this moment fetched, and go on with a question by them."""
        task = asyncio.ensure_future(self._fetch(asked, than))
        self._fetching.add(task)
        task.add_done_callback(self._fetching.discard)

    async def _fetch(self, asked: "Asked", than: str) -> None:
        try:
            compiled = await self.compiled.fresh(asked.org, asked.session_id, than)
        except ApiError as error:
            asked.fail(error)
        except Exception:
            # A bug, or a store whose keys hold something else: the plain lane tells of it.
            asked.fall_back()
        else:
            asked.decide(compiled)


class InjectCall:
    """Takes the questions that come with one head.

    media: the question's. answered_in: the answer's.
    """

    __slots__ = ("answered_in", "lane", "max_body_bytes", "media")

    def __init__(self, lane: FastInject, media: Media, answered_in: Media) -> None:
        self.lane = lane
        self.media = media
        self.answered_in = answered_in
        self.max_body_bytes = MAX_BODY_BYTES

    def take(self, connection: FastProtocol, request: bytes, body_at: int, name: bytes) -> bool:
        """Begin a question, or leave it to the plain lane."""
        question = quick_question(request[body_at:], self.media)
        if question is None or not is_session_id(question.hop.session_id):
            return False
        asked = Asked(self, connection, question, name)
        compiled = self.lane.compiled.at_hand(asked.org, asked.session_id)
        if compiled is not None:
            offer = quick_offer(compiled.rules, question.hop)
            if offer is None:
                return False
            asked.offer, asked.compiled = offer, compiled
        connection.begin(request)
        self.lane.record.begin()
        if compiled is None:
            self.lane.fetch(asked, than="")
        else:
            self.lane.confirm(asked, compiled)
        return True


class Asked:
    """A question under way."""

    __slots__ = (
        "_call", "_connection", "_name", "_question", "_started", "compiled", "offer", "org",
        "session_id", "until",
    )  # fmt: skip

    offer: Hit | Miss
    compiled: Compiled

    def __init__(
        self, call: InjectCall, connection: FastProtocol, question: InjectQuestion, name: bytes
    ) -> None:
        self._call = call
        self._connection = connection
        self._question = question
        self._name = name
        self._started = perf_counter()
        self.org = "default"
        self.session_id = question.hop.session_id
        self.until = self._started + CALL_SECONDS

    def decide(self, compiled: Compiled) -> None:
        """Decide by rules that were fetched only now."""
        offer = quick_offer(compiled.rules, self._question.hop)
        if offer is None:
            self.fall_back()
            return
        self.offer, self.compiled = offer, compiled
        self.until = max(self.until, perf_counter() + LEAST_SECONDS)
        self._call.lane.confirm(self, compiled)

    def told(self, word: str) -> None:
        """The store's word about the decision."""
        if word == "ok":
            self._answer()
        elif word == "stale":
            self._call.lane.fetch(self, self.compiled.version)
        elif word == "gone":
            self.fail(not_found(self.session_id))
        elif word == LOST:
            self.fail(unavailable())
        else:
            assert word == REFUSED
            self.fall_back()

    def _answer(self) -> None:
        if type(self.offer) is Miss:
            self._fail(_MISS, "miss")
            return
        assert type(self.offer) is Hit
        media = self._call.answered_in
        body = self._hit(self.offer, media)
        name = request_id_bytes(self._name)
        self._connection.answer(head(200, media, len(body), name), body)
        self._end(200, "hit", name)

    def _hit(self, offer: Hit, media: Media) -> bytes:
        answer = offer.answer
        if answer.delay_spread_ms or self._question.hop.method.upper() == _BODILESS:
            # These answers are made for the hop.
            return encode_hit(answer.drawn(random), self._question, media)
        forms = self.compiled.hot
        held = forms.get((id(answer), media))
        if held is None or held[0] is not answer:
            held = forms[id(answer), media] = (answer, HitForm.of(answer, media))
        form = held[1]
        if form is None or not form.fits(self._question):
            return encode_hit(answer, self._question, media)
        made: bytes = form.bytes_for(self._question)
        return made

    def fail(self, error: ApiError) -> None:
        """Answer with an error."""
        self._fail(error, "miss" if error.name == "session_not_found" else "error")

    def _fail(self, error: ApiError, result: str) -> None:
        name = request_id_bytes(self._name)
        self._connection.answer(*error_answer(error, self._call.answered_in, name))
        self._end(error.kind.status, result, name)

    def _end(self, status: int, result: str, name: bytes) -> None:
        seconds = perf_counter() - self._started
        record = self._call.lane.record
        record.metrics.injected[result].inc()
        record.metrics.inject_latency.observe(seconds)
        record.end(FastInject.route, status, seconds, self.org, self.session_id, name)

    def fall_back(self) -> None:
        """Leave the question to the plain lane."""
        self._call.lane.record.drop()
        self._connection.fall_back()

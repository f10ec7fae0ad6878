"""`POST /v1/inject`: whether a hop is answered without its upstream (otlp-api.md)."""

import random
import time

from app.dataplane.busy import busy_hit
from app.dataplane.call import Call
from app.dataplane.decider import Decider
from app.errors import ApiError
from app.http.admission import Admission
from app.http.beside import beside_other_calls
from app.http.concurrency import Concurrency
from app.http.headers import Scope, header, notes
from app.otlp.answers import encode_hit
from app.otlp.media import Media, answer_media
from app.otlp.traces import InjectQuestion, inject_hop, read_traces
from app.rules.decision import Hit, Miss
from app.rules.strict_miss import StrictMiss
from app.store.faults import call_deadline
from app.store.handed_out import HandedOut
from app.store.ids import is_session_id
from app.store.sessions import not_found
from app.telemetry.metrics import Metrics

Verdict = Hit | StrictMiss | Miss


def miss() -> ApiError:
    """What a hop meets that nothing answers."""
    return ApiError("not_found", "a miss: nothing answers this hop, forward it to its upstream")


def _unnamed() -> ApiError:
    message = "the span names no session: its attribute sp.session.id is missing or empty"
    return ApiError("session_not_found", message)


class Inject(Call):
    """Answers the proxy's question about one hop."""

    def __init__(
        self,
        admission: Admission,
        concurrency: Concurrency,
        max_body_bytes: int,
        decider: Decider,
        handed_out: HandedOut,
        metrics: Metrics,
    ) -> None:
        super().__init__("/v1/inject", admission, concurrency, max_body_bytes)
        self._decider = decider
        self.handed_out = handed_out
        self._metrics = metrics

    def error_media(self, scope: Scope, request: Media) -> Media:
        """By `Accept`, else the request's own."""
        return answer_media(header(scope, b"accept"), request)

    def busy(self, scope: Scope, media: Media) -> tuple[bytes, Media]:
        """A hit that blocks the hop: an error would let it out through a proxy that fails open."""
        self._metrics.injected["error"].inc()
        answered_in = answer_media(header(scope, b"accept"), media)
        return busy_hit(answered_in), answered_in

    async def answer(self, scope: Scope, body: bytes, media: Media) -> tuple[bytes, Media]:
        """The answer to hand out; a miss is 404."""
        started = time.perf_counter()
        result = "error"
        try:
            question = await beside_other_calls(
                len(body), lambda: inject_hop(read_traces(body, media))
            )
            decision = await self._decide(scope, question)
            result = _result(decision)
        except ApiError as error:
            result = "miss" if error.name == "session_not_found" else "error"
            raise
        finally:
            self._metrics.injected[result].inc()
            self._metrics.inject_latency.observe(time.perf_counter() - started)
        if isinstance(decision, Miss):
            raise miss()
        answered_in = answer_media(header(scope, b"accept"), media)
        answer = decision.answer.drawn(random.random)
        self.handed_out.handed_out(notes(scope).org, len(answer.body))
        return encode_hit(answer, question, answered_in), answered_in

    async def _decide(self, scope: Scope, question: InjectQuestion) -> Verdict:
        session_id = question.hop.session_id
        if not session_id:
            raise _unnamed()
        if not is_session_id(session_id):
            raise not_found(session_id)
        seen = notes(scope)
        seen.session_id = session_id
        async with call_deadline() as deadline:
            return await self._decider.decide(seen.org, question.hop, deadline, seen.caller.project)


def _result(decision: Verdict) -> str:
    if isinstance(decision, Hit):
        return "hit"
    return "strict_miss" if isinstance(decision, StrictMiss) else "miss"

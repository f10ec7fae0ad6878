"""`POST /v1/inject`: whether a hop is answered without its upstream (otlp-api.md)."""

import time

from app.dataplane.call import Call, beside_other_calls
from app.dataplane.compiled import CompiledRules
from app.errors import ApiError
from app.http.auth import TokenCheck
from app.http.headers import Scope, header, notes
from app.http.respond import json_bytes
from app.otlp.answers import encode_hit
from app.otlp.media import Media, answer_media
from app.otlp.traces import InjectQuestion, inject_hop, read_traces
from app.rules.decision import Blocked, Decision, Hit
from app.store.faults import call_deadline
from app.store.ids import is_session_id
from app.store.sessions import SessionStore, not_found
from app.telemetry.metrics import Metrics


def _miss() -> ApiError:
    return ApiError("not_found", "a miss: nothing answers this hop, forward it to its upstream")


class Inject(Call):
    """Answers the proxy's question about one hop."""

    def __init__(
        self,
        check: TokenCheck,
        max_body_bytes: int,
        sessions: SessionStore,
        compiled: CompiledRules,
        metrics: Metrics,
    ) -> None:
        super().__init__("/v1/inject", check, max_body_bytes)
        self._sessions = sessions
        self._compiled = compiled
        self._metrics = metrics

    def error_media(self, scope: Scope, request: Media) -> Media:
        """By `Accept`, else the request's own."""
        return answer_media(header(scope, b"accept"), request)

    async def answer(self, scope: Scope, body: bytes, media: Media) -> tuple[bytes, Media]:
        """The answer to hand out; a miss is 404."""
        started = time.perf_counter()
        result = "error"
        try:
            question = await beside_other_calls(body, lambda: inject_hop(read_traces(body, media)))
            decision = await self._decide(scope, question)
            result = _result(decision)
        except ApiError as error:
            result = "miss" if error.name == "session_not_found" else "error"
            raise
        finally:
            self._metrics.inject_requests.labels(result).inc()
            self._metrics.inject_latency.observe(time.perf_counter() - started)
        if not isinstance(decision, Hit | Blocked):
            raise _miss()
        answered_in = answer_media(header(scope, b"accept"), media)
        return encode_hit(decision.answer, question, answered_in), answered_in

    async def _decide(self, scope: Scope, question: InjectQuestion) -> Decision:
        session_id = question.hop.session_id
        if not is_session_id(session_id):
            raise not_found(session_id)
        seen = notes(scope)
        seen.session_id = session_id
        async with call_deadline():
            rules = await self._compiled.current(seen.org, session_id)
            decision = rules.decide(question.hop)
            await self._count(seen.org, session_id, decision)
        return decision

    async def _count(self, org: str, session_id: str, decision: Decision) -> None:
        if isinstance(decision, Hit):
            await self._sessions.count(org, session_id, "injectedSpans")
        elif isinstance(decision, Blocked):
            missed = {"method": decision.method, "host": decision.host, "path": decision.path}
            miss = json_bytes(missed).decode()
            await self._sessions.count(org, session_id, "strictMisses", miss)


def _result(decision: Decision) -> str:
    if isinstance(decision, Hit):
        return "hit"
    return "strict_miss" if isinstance(decision, Blocked) else "miss"

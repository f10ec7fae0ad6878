"""`POST /v1/traces`: keep what was observed (otlp-api.md)."""

from collections import Counter, defaultdict

from app.dataplane.call import Call
from app.errors import ApiError
from app.http.auth import TokenCheck
from app.http.headers import Scope, notes
from app.otlp.answers import export_response
from app.otlp.media import Media
from app.otlp.spans import ObservedSpan, observed_spans
from app.otlp.traces import read_traces
from app.store.connection import call_deadline
from app.store.ids import is_session_id
from app.store.sessions import not_found
from app.store.spans import SpanStore
from app.telemetry.metrics import Metrics

UNMARKED = "not marked sp.span.type = extract"
MISSHAPEN = "a trace id or span id is missing or misshapen"
UNKNOWN = "session unknown or closed"
OVER_LIMIT = "over the session's capture limit"

BySession = dict[str, list[tuple[bytes, bytes]]]


class _Upload:
    """One payload's spans, sorted into those to keep by session and those refused by reason."""

    def __init__(self, spans: list[ObservedSpan]) -> None:
        self.total = len(spans)
        self.refused: Counter[str] = Counter()
        self.by_session: BySession = defaultdict(list)
        for span in spans:
            if reason := _refusal(span):
                self.refused[reason] += 1
            else:
                self.by_session[span.session_id].append((span.identity, span.payload()))

    def message(self) -> str:
        """Why spans were refused, for the caller to read."""
        return "; ".join(f"{count} refused: {reason}" for reason, count in self.refused.items())


def _refusal(span: ObservedSpan) -> str:
    if not span.marked:
        return UNMARKED
    if not span.well_formed:
        return MISSHAPEN
    return "" if is_session_id(span.session_id) else UNKNOWN


class Traces(Call):
    """Keeps the spans of an upload in their sessions."""

    def __init__(
        self, check: TokenCheck, max_body_bytes: int, spans: SpanStore, metrics: Metrics
    ) -> None:
        super().__init__("/v1/traces", check, max_body_bytes)
        self._spans = spans
        self._metrics = metrics

    def error_media(self, scope: Scope, request: Media) -> Media:  # noqa: ARG002
        """Always the request's own."""
        return request

    async def answer(self, scope: Scope, body: bytes, media: Media) -> tuple[bytes, Media]:
        """What was kept; when it says 200, the spans are in the store."""
        upload = _Upload(list(observed_spans(read_traces(body, media))))
        kept = 0
        async with call_deadline():
            for session_id, spans in upload.by_session.items():
                kept += await self._keep(scope, session_id, spans, upload.refused)
        if upload.total and upload.refused[UNKNOWN] == upload.total:
            raise not_found(next(iter(upload.by_session), ""))
        if kept:
            self._metrics.extract_spans.inc(kept)
            self._metrics.extract_bytes.inc(len(body))
        rejected = upload.refused.total()
        return export_response(rejected, upload.message(), media), media

    async def _keep(
        self,
        scope: Scope,
        session_id: str,
        spans: list[tuple[bytes, bytes]],
        refused: Counter[str],
    ) -> int:
        """Keep one session's spans; gives how many were new.

        A session whose close is under way fails the whole payload: the caller sends it again, and
        what another session has kept already is recognised then.
        """
        seen = notes(scope)
        seen.session_id = session_id
        try:
            fresh, over_limit = await self._spans.append(seen.org, session_id, spans)
        except ApiError as error:
            if error.name != "session_not_found":
                raise
            refused[UNKNOWN] += len(spans)
            return 0
        if over_limit:
            refused[OVER_LIMIT] += over_limit
        return fresh

"""`POST /v1/traces`: keep what was observed (otlp-api.md)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.dataplane.call import Call
from app.dataplane.compiled import CompiledRules
from app.dataplane.keepable import BATCH_BYTES, Batch, Keepable
from app.dataplane.worker import Worker
from app.errors import ApiError, retry_later
from app.http.admission import Admission
from app.http.beside import beside_other_calls
from app.http.concurrency import Concurrency, too_many_at_once
from app.http.headers import Scope, notes
from app.otlp.answers import export_response
from app.otlp.media import Media
from app.otlp.spans import ObservedSpan, observed_spans
from app.otlp.traces import read_traces
from app.quotas.limits import BYTES_PER_MONTH, held_to
from app.quotas.told import rate_limit_headers
from app.store.faults import call_deadline
from app.store.ids import is_session_id
from app.store.spans import Known, SpanStore
from app.store.uploads import Uploads
from app.telemetry.metrics import Metrics

UNMARKED = "not marked sp.span.type = extract"
MISSHAPEN = "needs a trace id of 32 and a span id of 16 hex digits"
UNKNOWN = "session unknown or closed"
OVER_LIMIT = "over the session's capture limit"
OVER_QUOTA = "over the organisation's quota bytes_per_month"


class Upload:
    """One payload's spans, sorted into those to keep by session and those refused by reason."""

    def __init__(self, spans: Iterable[ObservedSpan]) -> None:
        self.total = 0
        self.refused: Counter[str] = Counter()
        self.by_session: dict[str, list[ObservedSpan]] = defaultdict(list)
        for span in spans:
            self.total += 1
            if reason := _refusal(span):
                self.refused[reason] += 1
            else:
                self.by_session[span.session_id].append(span)

    @classmethod
    def of(cls, traces: TracesData) -> "Upload":
        """The spans of a payload, less all that is unknown to OTLP."""
        # It is not kept, so it counts for nothing.
        traces.DiscardUnknownFields()
        return cls(observed_spans(traces))

    def message(self) -> str:
        """Why spans were refused, for the caller to read."""
        return "; ".join(
            f"{count} refused: {reason}" for reason, count in self.refused.items() if count
        )


def _none_open() -> ApiError:
    return ApiError(
        "session_not_found",
        "no span was kept: every session that the spans name does not exist or has been closed",
    )


def _refusal(span: ObservedSpan) -> str:
    if not span.marked:
        return UNMARKED
    if not span.well_formed:
        return MISSHAPEN
    return "" if is_session_id(span.session_id) else UNKNOWN


class Traces(Call):
    """Keeps the spans of an upload in their sessions."""

    def __init__(
        self,
        admission: Admission,
        concurrency: Concurrency,
        max_body_bytes: int,
        spans: SpanStore,
        uploads: Uploads,
        compiled: CompiledRules,
        worker: Worker,
        metrics: Metrics,
    ) -> None:
        super().__init__("/v1/traces", admission, concurrency, max_body_bytes)
        self._spans = spans
        self._uploads = uploads
        self._compiled = compiled
        self._worker = worker
        self._metrics = metrics

    @property
    def are_counted(self) -> bool:
        """Whether uploads count against quotas."""
        return self._uploads.are_counted

    def error_media(self, scope: Scope, request: Media) -> Media:  # noqa: ARG002
        """Always the request's own."""
        return request

    def busy(self, scope: Scope, media: Media) -> tuple[bytes, Media]:  # noqa: ARG002
        """Raises what has the proxy send the whole payload again."""
        raise retry_later("store_unavailable", too_many_at_once(notes(scope).org).message)

    async def answer(self, scope: Scope, body: bytes, media: Media) -> tuple[bytes, Media]:
        """What was kept; when it says 200, the spans are in the store."""
        upload = await beside_other_calls(len(body), lambda: Upload.of(read_traces(body, media)))
        kept = 0
        for session_id, spans in upload.by_session.items():
            keepable = await self._keepable(scope, session_id, spans, upload.refused)
            while keepable and (batch := await keepable.next_batch()):
                kept += await self._keep(scope, session_id, batch, upload.refused)
        if upload.total and upload.refused[UNKNOWN] == upload.total:
            raise _none_open()
        if kept:
            self._metrics.extract_bytes.inc(len(body))
        rejected = upload.refused.total()
        return export_response(rejected, upload.message(), media), media

    async def _keepable(
        self,
        scope: Scope,
        session_id: str,
        spans: Sequence[ObservedSpan],
        refused: Counter[str],
    ) -> Keepable | None:
        """One session's spans as its rules of this moment have them kept; None if it is unknown."""
        caller = notes(scope).caller
        try:
            async with call_deadline() as deadline:
                compiled = await self._compiled.current(
                    caller.org, session_id, deadline, caller.project
                )
                known = await self._known(caller.org, session_id, spans)
        except ApiError as error:
            if error.name != "session_not_found":
                raise
            refused[UNKNOWN] += len(spans)
            return None
        return Keepable(spans, compiled, self._worker, known)

    async def _known(
        self, org: str, session_id: str, spans: Sequence[ObservedSpan]
    ) -> Known | None:
        """What the store knows of much that it would get in vain; little it gets unasked."""
        if sum(span.size for span in spans) <= BATCH_BYTES:
            return None
        return await self._spans.known(org, session_id, [span.identity for span in spans])

    async def _keep(
        self,
        scope: Scope,
        session_id: str,
        spans: Batch,
        refused: Counter[str],
    ) -> int:
        """Keep some of one session's spans; gives how many were new.

        A session whose close is under way fails the whole payload: the caller sends it again, and
        what another session has kept already is recognised then.
        """
        seen = notes(scope)
        seen.session_id = session_id
        try:
            async with call_deadline():
                kept = await self._uploads.keep(
                    seen.org, session_id, spans, held_to(seen.caller.kind)
                )
        except ApiError as error:
            if error.name != "session_not_found":
                raise
            refused[UNKNOWN] += len(spans)
            return 0
        refused[OVER_LIMIT] += kept.over_limit
        refused[OVER_QUOTA] += kept.over_quota
        if kept.standings:
            seen.answer_headers = rate_limit_headers(kept.standings.only(BYTES_PER_MONTH))
        self._metrics.extract_spans.inc(kept.fresh)
        return kept.fresh

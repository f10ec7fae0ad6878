"""`POST /v1/traces` on the fast lane: an upload whose spans all belong to one session.

All uploads of a session within one turn are one call of the store. Where spans are refused, are to
be redacted or are many, the plain lane keeps them.
"""

from collections.abc import Sequence
from math import inf
from time import perf_counter
from typing import Any

from app.dataplane.compiled import Compiled
from app.dataplane.traces import Upload
from app.errors import ApiError
from app.fastlane.call import FastCall
from app.fastlane.protocol import FastProtocol
from app.fastlane.ready import Ready
from app.fastlane.under_way import Desk, UnderWay, answer_each, may_reach
from app.http.caller import Caller
from app.http.headers import Scope
from app.otlp.answers import export_response
from app.otlp.media import Media
from app.otlp.quick_upload import one_span
from app.otlp.traces import read_traces
from app.store.hot_spans import HotSpans
from app.store.ids import is_session_id

# What is longer may be much work, in bytes.
MUCH_BYTES = 256 * 1024

_ALL_KEPT = {media: Ready.of(export_response(0, "", media), media) for media in Media}

Spans = Sequence[tuple[bytes, bytes]]


class FastTraces(FastCall):
    """Takes the uploads that come with one head.

    ttl_ms: a session's life after its last use. max_capture_bytes: what a session may buffer.
    """

    def __init__(self, desk: Desk, ttl_ms: int, max_capture_bytes: int, scope: Scope) -> None:
        super().__init__(desk, scope, MUCH_BYTES)
        self.ttl_ms = ttl_ms
        self.max_capture_bytes = max_capture_bytes
        self.answered_in = self.media
        self._kept = _ALL_KEPT[self.media]

    def begin(
        self, caller: Caller, connection: FastProtocol, body: bytes, name: bytes,
        arrived: float = 0.0,
    ) -> bool:  # fmt: skip
        """Begin an upload, or leave it to the plain lane."""
        desk = self.desk
        found = self._read(body)
        if found is None:
            return False
        session_id, spans = found
        compiled = desk.compiled.at_hand((caller.org, session_id))
        if compiled is None:
            # Whose project's it is has to be known before anything is fetched, or made to live on.
            if caller.project or not is_session_id(session_id):
                return False
        elif compiled.rules.redacts or not may_reach(caller, compiled):
            return False
        self.requests.in_progress += 1
        arrived = arrived or perf_counter()
        content = spans, len(body)
        uploaded = UnderWay(
            self, connection, caller, session_id, name, compiled, arrived, self._kept, content
        )
        if compiled is None:
            desk.fetch(uploaded, than="")
        else:
            desk.compiled.hits.value += 1
            compiled.is_used = True
            self._keep(uploaded, compiled)
        return True

    def _read(self, body: bytes) -> tuple[str, Spans] | None:
        """The session of all spans, and these ready to be kept; None for the plain lane."""
        if self.media is Media.PROTOBUF and (one := one_span(body)) is not None:
            return one.session_id, ((one.identity, body),)
        try:
            upload = Upload.of(read_traces(body, self.media))
        except ApiError:
            return None
        if upload.refused or len(upload.by_session) != 1:
            return None
        [(session_id, observed)] = upload.by_session.items()
        return session_id, [(span.identity, span.payload()) for span in observed]

    def go_on(self, asked: UnderWay, compiled: Compiled, until: float) -> None:
        """Keep them by rules that were fetched only now."""
        if compiled.rules.redacts:
            asked.fall_back()
        else:
            self._keep(asked, compiled, until)

    def cannot_go_on(self, asked: UnderWay, error: ApiError) -> None:  # noqa: ARG002
        """Have the plain lane say why, in words of its own."""
        asked.fall_back()

    def _keep(self, uploaded: UnderWay, compiled: Compiled, until: float = inf) -> None:
        """Have the store keep the spans."""
        spans, _size = uploaded.content
        batch: HotSpans | None = compiled.uploads
        if batch is None or not batch.add(spans):
            bounds = self.ttl_ms, self.max_capture_bytes
            org, session_id = uploaded.caller.org, uploaded.session_id
            batch = compiled.uploads = HotSpans(org, session_id, compiled.version, *bounds)
            batch.add(spans)
        self.join(batch, uploaded, until)

    def succeed(self, waiters: Sequence[UnderWay], values: Sequence[Any]) -> None:
        """They are in the store, unless some were over the limit."""
        fresh, over_limit = values[:2]
        if over_limit:
            # Which upload's they were is not told; asked again, the store knows the others.
            for uploaded in waiters:
                uploaded.refused("over the limit")
            return
        answer_each(waiters)
        if fresh:
            metrics = self.desk.record.metrics
            metrics.extract_spans.inc(fresh)
            metrics.extract_bytes.inc(sum(uploaded.content[1] for uploaded in waiters))

    def count(self, error: str, seconds: float) -> None:
        """There is nothing to count but what was kept."""

"""`POST /v1/traces` on the fast lane: an upload whose spans all belong to one session.

All uploads of a session within one turn are one call of the store. Where spans are refused, are to
be redacted or are many, the plain lane keeps them.
"""

from collections.abc import Sequence
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
        uploaded = Uploaded(self, connection, caller, session_id, name, compiled, arrived)
        uploaded.spans, uploaded.size = spans, len(body)
        uploaded.verdict = self._kept
        if compiled is None:
            desk.fetch(uploaded, than="")
        else:
            desk.compiled.hits.value += 1
            compiled.is_used = True
            uploaded.keep()
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


class Uploaded(UnderWay):
    """An upload under way."""

    __slots__ = ("size", "spans")

    call: FastTraces
    spans: Spans
    size: int

    def go_on(self, compiled: Compiled, until: float) -> None:
        """Keep them by rules that were fetched only now."""
        if compiled.rules.redacts:
            self.fall_back()
        else:
            self.keep()
            self.compiled.uploads.hasten(until)

    def cannot_go_on(self, error: ApiError) -> None:  # noqa: ARG002 it has words of its own
        """Have the plain lane say why."""
        self.fall_back()

    def keep(self) -> None:
        """Have the store keep them."""
        batch: HotSpans | None = self.compiled.uploads
        if batch is None or not batch.add(self.spans):
            batch = self.compiled.uploads = self._batch()
            batch.add(self.spans)
        self.call.join(batch, self)

    def _batch(self) -> HotSpans:
        call, version = self.call, self.compiled.version
        return HotSpans(
            self.caller.org, self.session_id, version, call.ttl_ms, call.max_capture_bytes
        )

    @classmethod
    def succeed(cls, waiters: Sequence["Uploaded"], values: Sequence[Any]) -> None:
        """They are in the store, unless some were over the limit."""
        fresh, over_limit = values[:2]
        if over_limit:
            # Which upload's they were is not told; asked again, the store knows the others.
            for uploaded in waiters:
                uploaded.fall_back()
            return
        metrics = waiters[0].call.desk.record.metrics
        if fresh:
            metrics.extract_spans.inc(fresh)
            metrics.extract_bytes.inc(sum(uploaded.size for uploaded in waiters))
        answer_each(waiters)

    def count(self, error: str, seconds: float) -> None:
        """There is nothing to count but what was kept."""

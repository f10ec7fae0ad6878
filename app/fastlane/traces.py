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
from app.fastlane.under_way import Desk, UnderWay, may_reach
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

_ALL_KEPT = {media: export_response(0, "", media) for media in Media}

Spans = Sequence[tuple[bytes, bytes]]


class FastTraces(FastCall):
    """Takes the uploads that come with one head.

    ttl_ms: a session's life after its last use. max_capture_bytes: what a session may buffer.
    """

    def __init__(self, desk: Desk, ttl_ms: int, max_capture_bytes: int, scope: Scope) -> None:
        super().__init__(desk, scope, MUCH_BYTES)
        self.ttl_ms = ttl_ms
        self.max_capture_bytes = max_capture_bytes

    def begin(
        self, connection: FastProtocol, request: bytes, body_at: int, caller: Caller, name: bytes,
        arrived: float = 0.0,
    ) -> bool:  # fmt: skip
        """Begin an upload, or leave it to the plain lane."""
        desk = self.desk
        found = self._read(request[body_at:])
        if found is None:
            return False
        session_id, spans = found
        compiled = desk.compiled.at_hand(caller.org, session_id)
        if compiled is None:
            # Whose project's it is has to be known before anything is fetched, or made to live on.
            if caller.project or not is_session_id(session_id):
                return False
        elif compiled.rules.redacts or not may_reach(caller, compiled):
            return False
        uploaded = Uploaded(desk, connection, self.media, caller, session_id, name, arrived)
        uploaded.call, uploaded.spans, uploaded.size = self, spans, len(request) - body_at
        uploaded.begin(request)
        if compiled is None:
            desk.fetch(uploaded, than="")
        else:
            desk.compiled.hits.value += 1
            uploaded.compiled = compiled
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

    __slots__ = ("_counts", "call", "size", "spans")

    call: FastTraces
    spans: Spans
    size: int

    def go_on(self, compiled: Compiled) -> None:
        """Keep them by rules that were fetched only now."""
        self.compiled = compiled
        if compiled.rules.redacts:
            self.fall_back()
        else:
            self.keep()

    def cannot_go_on(self, error: ApiError) -> None:  # noqa: ARG002 it has words of its own
        """Have the plain lane say why."""
        self.fall_back()

    def keep(self) -> None:
        """Have the store keep them."""
        batch: HotSpans | None = self.compiled.hot.get(HotSpans)
        if batch is None or not batch.add(self.spans):
            batch = self.compiled.hot[HotSpans] = self._batch()
            batch.add(self.spans)
        # The store tells how many of the whole batch were new; one upload counts them.
        self._counts = not batch.waiters
        self.desk.calls.join(batch, self, self.until)

    def _batch(self) -> HotSpans:
        call, version = self.call, self.compiled.version
        return HotSpans(
            self.caller.org, self.session_id, version, call.ttl_ms, call.max_capture_bytes
        )

    def succeed(self, values: Sequence[Any]) -> None:
        """They are in the store, unless some were over the limit."""
        fresh, over_limit = values[:2]
        if over_limit:
            # Which upload's they were is not told; asked again, the store knows the others.
            self.fall_back()
            return
        metrics = self.desk.record.metrics
        if self._counts:
            metrics.extract_spans.inc(fresh)
        if fresh:
            metrics.extract_bytes.inc(self.size)
        self.answer(_ALL_KEPT[self.answered_in])

    def count(self, status: int, error: str, seconds: float) -> None:
        """There is nothing to count but what was kept."""

"""Keepable spans: the bytes that the store gets of a span, with what must not be kept left out.

A span may go without any: the store then only counts it, as one that it has seen, or as refused.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from app.http.beside import beside_other_calls
from app.otlp.attributes import attributes
from app.otlp.hops import read_hop
from app.otlp.spans import ObservedSpan
from app.redaction.redact import redact
from app.rules.captured import redaction_for
from app.rules.ruleset import RuleSet
from app.store.spans import Known

# How much of an upload goes to the store at a time, in bytes and in spans. Each span is kept with
# its resource and scope, so an upload within the body's limit may be worth many times its size.
BATCH_BYTES = 4 * 2**20
BATCH_SPANS = 5000
# How much of one upload is redacted, in bytes: how little may be left of it is not known before.
REDACTED_BYTES = 256 * 2**20

Batch = list[tuple[bytes, bytes]]
Payload = Callable[[ObservedSpan], bytes]


def redacted_payload(rules: RuleSet, span: ObservedSpan) -> bytes:
    """A span as it is kept under these rules."""
    resource = attributes(span.resource_spans.resource.attributes)
    redaction = redaction_for(rules, read_hop(attributes(span.span.attributes), resource))
    if redaction is None:
        return span.payload()
    return span.payload(lambda traces: redact(traces, redaction))


class Sparing:
    """Makes the payloads of those spans only that may be kept.

    payload: makes one. room: how many bytes of spans to make ready at most.
    """

    def __init__(self, payload: Payload, known: Known, room: int) -> None:
        self._payload = payload
        self._named = set(known.seen)
        self._room = room if known.capturing else 0

    def __call__(self, span: ObservedSpan) -> bytes:
        """The payload; empty for a span that was named before, and where there is no room."""
        size = span.size
        if span.identity in self._named or size > self._room:
            return b""
        self._named.add(span.identity)
        self._room -= size
        return self._payload(span)


def batches(spans: Iterable[ObservedSpan], payload: Payload) -> Iterator[Batch]:
    """The identities and payloads of spans, a batch at a time."""
    batch: Batch = []
    size = 0
    for span in spans:
        batch.append((span.identity, payload(span)))
        size += len(batch[-1][1])
        if size >= BATCH_BYTES or len(batch) >= BATCH_SPANS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class Keepable:
    """One session's spans of an upload, made ready for the store batch by batch.

    rules: the session's. known: what the store knows of them; None where they are so little that it
    was not asked, and all are made ready.
    """

    def __init__(
        self, spans: Iterable[ObservedSpan], rules: RuleSet, known: Known | None = None
    ) -> None:
        payload: Payload = ObservedSpan.payload
        if rules.redacts:
            payload = partial(redacted_payload, rules)
        if known is not None:
            payload = Sparing(payload, known, REDACTED_BYTES if rules.redacts else known.room)
        self._batches = batches(spans, payload)
        # Redacting takes time, however small the body.
        self._work = BATCH_BYTES if rules.redacts else 0

    async def next_batch(self) -> Batch | None:
        """The next batch; None after the last."""
        return await beside_other_calls(self._work, lambda: next(self._batches, None))

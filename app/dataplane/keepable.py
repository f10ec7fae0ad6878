"""Keepable spans: the bytes that the store gets of a span, with what must not be kept left out."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from app.otlp.attributes import attributes
from app.otlp.hops import read_hop
from app.otlp.spans import ObservedSpan
from app.redaction.redact import redact
from app.rules.captured import redaction_for
from app.rules.ruleset import RuleSet

# How much of an upload goes to the store at a time, in bytes. Each span is kept with its resource
# and scope, so an upload within the body's limit may be worth many times its size.
BATCH_BYTES = 4 * 2**20

Batch = list[tuple[bytes, bytes]]
Payload = Callable[[ObservedSpan], bytes]


def redacted_payload(rules: RuleSet, span: ObservedSpan) -> bytes:
    """A span as it is kept under these rules."""
    resource = attributes(span.resource_spans.resource.attributes)
    redaction = redaction_for(rules, read_hop(attributes(span.span.attributes), resource))
    if redaction is None:
        return span.payload()
    return span.payload(lambda traces: redact(traces, redaction))


def batches(spans: Iterable[ObservedSpan], payload: Payload) -> Iterator[Batch]:
    """The identities and payloads of spans, a batch at a time."""
    batch: Batch = []
    size = 0
    for span in spans:
        batch.append((span.identity, payload(span)))
        size += len(batch[-1][1])
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class Keepable:
    """One session's spans of an upload, made ready for the store batch by batch.

    rules: the session's.
    """

    def __init__(self, spans: Iterable[ObservedSpan], rules: RuleSet) -> None:
        payload = partial(redacted_payload, rules) if rules.redacts else ObservedSpan.payload
        self._batches = batches(spans, payload)
        self._redacts = rules.redacts

    async def next_batch(self, deadline: asyncio.Timeout) -> Batch | None:
        """The next batch; None after the last.

        deadline: of the store; its clock stands still while a thread redacts, however long.
        """
        if not self._redacts:
            return next(self._batches, None)
        loop = asyncio.get_running_loop()
        left = (deadline.when() or loop.time()) - loop.time()
        deadline.reschedule(None)
        try:
            return await asyncio.to_thread(next, self._batches, None)
        finally:
            deadline.reschedule(loop.time() + left)

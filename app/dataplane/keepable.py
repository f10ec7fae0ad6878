"""Keepable spans: the bytes that the store gets of a span, with what must not be kept left out.

A span may go without any: the store then only counts it, as one that it has seen, or as refused.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence

from app.dataplane.compiled import Compiled
from app.dataplane.payload import redacted_payloads
from app.dataplane.worker import Worker
from app.otlp.spans import ObservedSpan
from app.store.spans import Known

# How much of an upload goes to the store at a time, in bytes and in spans. Each span is kept with
# its resource and scope, so an upload within the body's limit may be worth many times its size.
BATCH_BYTES = 4 * 2**20
BATCH_SPANS = 5000
# How much of one upload is redacted, in bytes: how little may be left of it is not known before.
REDACTED_BYTES = 256 * 2**20
# How much is redacted by a thread, in bytes.
QUICK_BYTES = 256 * 2**10

Batch = list[tuple[bytes, bytes]]
Payload = Callable[[ObservedSpan], bytes]


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


def _is_quick(payloads: Iterable[bytes]) -> bool:
    """Whether redacting takes no longer than a thread may: what is coded may be much inside."""
    size = 0
    for payload in payloads:
        size += len(payload)
        if size > QUICK_BYTES or b"content-encoding" in payload.lower():
            return False
    return True


class Keepable:
    """One session's spans of an upload, made ready for the store batch by batch.

    compiled: the session's rules. worker: redacts what is much. known: what the store knows of the
    spans; None where they are so little that it was not asked, and all are made ready.
    """

    def __init__(
        self,
        spans: Iterable[ObservedSpan],
        compiled: Compiled,
        worker: Worker,
        known: Known | None = None,
    ) -> None:
        self._compiled = compiled
        self._worker = worker
        payload: Payload = ObservedSpan.payload
        if known is not None:
            room = REDACTED_BYTES if compiled.rules.redacts else known.room
            payload = Sparing(payload, known, room)
        self._batches = batches(spans, payload)

    async def next_batch(self) -> Batch | None:
        """The next batch; None after the last."""
        batch = next(self._batches, None)
        if batch is None or not self._compiled.rules.redacts:
            return batch
        identities, payloads = zip(*batch, strict=True)
        return list(zip(identities, await self._redacted(payloads), strict=True))

    async def _redacted(self, payloads: Sequence[bytes]) -> list[bytes]:
        if _is_quick(payloads):
            rules = self._compiled.rules
            return await asyncio.to_thread(redacted_payloads, rules, payloads)
        made: list[bytes] = await self._worker.run("redacted", self._compiled.documents, payloads)
        return made

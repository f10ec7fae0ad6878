import json

from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.dataplane.compiled import Compiled
from app.dataplane.jobs import compile_documents
from app.dataplane.keepable import BATCH_BYTES, BATCH_SPANS, Keepable, Sparing, batches
from app.dataplane.payload import redacted_payloads
from app.dataplane.shared_rules import SharedRules, texts_of
from app.dataplane.worker import Worker
from app.otlp.spans import ObservedSpan, observed_spans
from app.rules.ruleset import RuleSet
from app.store.sessions import RuleDocuments
from app.store.spans import Known
from tests.unit.otlp import payloads

CAPTURE = {"action": "capture_only", "captureOnly": {"redactHeaders": ["authorization"]}}


def _documents(then: object) -> RuleDocuments:
    rules = json.dumps({"version": 1, "rules": [{"when": {}, "then": then}]})
    return RuleDocuments("1", rules.encode(), b"", b"{}")


def _rules(then: object) -> RuleSet:
    return compile_documents(_documents(then))


def _keepable(spans: list[ObservedSpan], then: object, worker: Worker | None = None) -> Keepable:
    documents = _documents(then)
    shared = SharedRules.of(texts_of("o", documents), _rules(then))
    compiled = Compiled(documents, shared)
    return Keepable(spans, compiled, worker or Worker())


def _spans(count: int, value: str) -> list[ObservedSpan]:
    span = payloads.span({"http.request.header.authorization": value})
    return list(observed_spans(payloads.traces(*[span] * count)))


def _different(count: int) -> list[ObservedSpan]:
    spans = (payloads.span({}, span_id=bytes([n]) * 8) for n in range(count))
    return list(observed_spans(payloads.traces(*spans)))


async def test_a_session_that_redacts_gives_away_no_secret() -> None:
    """Nor a second batch where all is said."""
    spans = _keepable(_spans(1, "hush"), CAPTURE)
    batch = await spans.next_batch()
    assert batch is not None
    assert b"hush" not in batch[0][1]
    assert await spans.next_batch() is None


async def test_sessions_without_such_rules_do_not_pay_for_redacting() -> None:
    """Their spans are not even read as hops."""
    spans = _keepable(_spans(1, "hush"), {"action": "passthrough"})
    batch = await spans.next_batch()
    assert batch is not None
    assert b"hush" in batch[0][1]


def test_spans_go_to_the_store_a_batch_at_a_time() -> None:
    """An upload may be worth many times its size, or be many spans that need no payload."""
    spans = _spans(5, "x" * (BATCH_BYTES // 2))
    sizes = [len(batch) for batch in batches(spans, ObservedSpan.payload)]
    assert sizes == [2, 2, 1]
    assert list(batches([], ObservedSpan.payload)) == []
    empty = batches(spans[:1] * (BATCH_SPANS + 1), lambda _: b"")
    assert [len(batch) for batch in empty] == [BATCH_SPANS, 1]


def _made_ready(known: Known, spans: list[ObservedSpan], room: int) -> list[bool]:
    payload = Sparing(ObservedSpan.payload, known, room)
    return [bool(payload(span)) for span in spans]


def test_only_what_may_be_kept_is_made_ready() -> None:
    """Not what was seen, nor what stands twice, nor what there is no room for."""
    spans = _different(4)
    seen = Known(True, 0, frozenset([spans[0].identity]))
    found = _made_ready(seen, [*spans, *spans], room=2 * spans[1].size)
    assert found == [False, True, True, False] + [False] * 4


def test_a_session_that_only_counts_has_nothing_made_ready() -> None:
    """However much room there would be."""
    assert _made_ready(Known(False, 100, frozenset()), _different(2), room=2**20) == [False, False]


def test_redacting_leaves_the_upload_itself_as_it_was() -> None:
    """Its resource may belong to another session's spans too."""
    [span] = _spans(1, "hush")
    [payload] = redacted_payloads(_rules(CAPTURE), [span.payload()])
    [kept] = observed_spans(TracesData.FromString(payload))
    assert b"hush" in span.payload()
    assert b"hush" not in kept.payload()

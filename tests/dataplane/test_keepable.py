import asyncio

from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.dataplane import keepable
from app.dataplane.keepable import BATCH_BYTES, Keepable, batches
from app.otlp.spans import ObservedSpan, observed_spans
from app.rules.ruleset import RuleSet, compile_rules
from tests.unit.otlp import payloads

CAPTURE = {"action": "capture_only", "captureOnly": {"redactHeaders": ["authorization"]}}


def _rules(*thens: object) -> RuleSet:
    rules = [{"when": {}, "then": then} for then in thens]
    return compile_rules({"version": 1, "rules": rules}, None, {})


def _spans(count: int, value: str) -> list[ObservedSpan]:
    span = payloads.span({"http.request.header.authorization": value})
    return list(observed_spans(payloads.traces(*[span] * count)))


async def test_the_stores_clock_stands_still_while_redacting() -> None:
    """However long that takes, what was left to the store is left to it afterwards."""
    spans = Keepable(_spans(1, "hush"), _rules(CAPTURE))
    async with asyncio.timeout(1000) as deadline:
        batch = await spans.next_batch(deadline)
        assert batch is not None
        assert b"hush" not in batch[0][1]
        assert deadline.when() is not None
        assert await spans.next_batch(deadline) is None


async def test_sessions_without_such_rules_do_not_pay_for_redacting() -> None:
    """Their spans are not even read as hops."""
    spans = Keepable(_spans(1, "hush"), _rules({"action": "passthrough"}))
    async with asyncio.timeout(1000) as deadline:
        when = deadline.when()
        batch = await spans.next_batch(deadline)
        assert batch is not None
        assert b"hush" in batch[0][1]
        assert deadline.when() == when


def test_spans_go_to_the_store_a_batch_at_a_time() -> None:
    """An upload may be worth many times its size."""
    spans = _spans(5, "x" * (BATCH_BYTES // 2))
    sizes = [len(batch) for batch in batches(spans, ObservedSpan.payload)]
    assert sizes == [2, 2, 1]
    assert list(batches([], ObservedSpan.payload)) == []


def test_redacting_leaves_the_upload_itself_as_it_was() -> None:
    """Its resource may belong to another session's spans too."""
    [span] = _spans(1, "hush")
    payload = keepable.redacted_payload(_rules(CAPTURE), span)
    [kept] = observed_spans(TracesData.FromString(payload))
    assert b"hush" in span.payload()
    assert b"hush" not in kept.payload()

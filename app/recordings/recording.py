"""Recordings: the hops of a case that have an answer, in the order in which they were captured."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.hop.answer import Answer
from app.hop.model import Hop
from app.otlp.attributes import attributes
from app.otlp.hops import read_hop
from app.otlp.json_reader import from_json
from app.otlp.recorded import recorded_answer
from app.otlp.traces import SPAN_TYPE, spans_of


class Recording(NamedTuple):
    """A hop as it was observed, and what it was answered with."""

    hop: Hop
    answer: Answer


def _recordings_in(traces: TracesData) -> Iterator[Recording]:
    for resource_spans, _, span in spans_of(traces):
        held = attributes(span.attributes)
        answer = recorded_answer(held)
        if answer is not None and held.get(SPAN_TYPE) != "inject":
            hop = read_hop(held, attributes(resource_spans.resource.attributes))
            yield Recording(hop, answer.to(hop.method))


def recordings_of(payloads: Iterable[Mapping[str, Any]]) -> Iterator[Recording]:
    """The recordings in a case's trace payloads, which are read one at a time.

    Raises `invalid_body` at the first place that OTLP cannot read.
    """
    for number, payload in enumerate(payloads):
        traces = from_json(TracesData(), payload, lenient_ids=True, at=f"/traces/{number}")
        yield from _recordings_in(traces)

import json

from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.otlp.media import Media
from app.otlp.wire import encode
from tests.unit.otlp.payloads import only_span, span, traces


def test_a_message_is_encoded_in_the_medium_asked_for() -> None:
    """Protobuf's bytes, or OTLP JSON with ids in hex."""
    payload = traces(span({"k": 1}))
    assert TracesData.FromString(encode(payload, Media.PROTOBUF)) == payload
    [resource_spans] = json.loads(encode(payload, Media.JSON))["resourceSpans"]
    [written] = resource_spans["scopeSpans"][0]["spans"]
    assert written["traceId"] == only_span(payload).trace_id.hex()

"""The data plane as a proxy calls it: hops and observed spans, in both media."""

import base64
import itertools
import json
import secrets
from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import ParseDict
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from app.otlp.json_writer import json_bytes
from app.otlp.media import Media
from tests.servers import Replica, Response
from tests.unit.otlp import payloads

JSON, PROTOBUF = Media.JSON, Media.PROTOBUF
MEDIA = (JSON, PROTOBUF)
UNKNOWN_SESSION = "sess_00000000000000000000000000"

_numbers = itertools.count(1)


def fresh_ids() -> dict[str, bytes]:
    """Ids that no other span has."""
    return {"trace_id": secrets.token_bytes(16), "span_id": next(_numbers).to_bytes(8, "big")}


def hop(method: str = "GET", path: str = "/", **more: object) -> dict[str, object]:
    """The attributes of an outbound request."""
    base = {
        "sp.traffic.direction": "outbound",
        "http.request.method": method,
        "url.host": "api.example.com",
        "url.path": path,
    }
    return base | {name.replace("__", "."): value for name, value in more.items()}


def question(session_id: str, attributes: Mapping[str, object]) -> TracesData:
    """The payload of an inject call."""
    marks = {"sp.span.type": "inject", "sp.session.id": session_id}
    return payloads.traces(payloads.span(marks | dict(attributes), **fresh_ids()))


def observed(session_id: str, attributes: Mapping[str, object] | None = None, **ids: bytes) -> Span:
    """A span of an upload; with fresh ids unless some are given."""
    marks = {"sp.span.type": "extract", "sp.session.id": session_id}
    return payloads.span(marks | dict(attributes or {}), **(fresh_ids() | ids))


def encoded(payload: TracesData, media: Media) -> bytes:
    """A payload's bytes."""
    return payload.SerializeToString() if media is PROTOBUF else json_bytes(payload)


def send(
    replica: Replica,
    path: str,
    payload: TracesData | bytes,
    media: Media = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Post a payload to one of the two calls."""
    body = payload if isinstance(payload, bytes) else encoded(payload, media)
    return replica.post(path, body, headers={"content-type": media.content_type, **(headers or {})})


def ask(
    replica: Replica, session_id: str, attributes: Mapping[str, object], media: Media = JSON
) -> Response:
    """Ask about a hop."""
    return send(replica, "/v1/inject", question(session_id, attributes), media)


def upload(replica: Replica, *spans: Span, media: Media = JSON) -> Response:
    """Upload observed spans."""
    return send(replica, "/v1/traces", payloads.traces(*spans), media)


def _plain(value: Mapping[str, Any]) -> Any:
    [(kind, held)] = value.items()
    if kind == "arrayValue":
        return [_plain(item) for item in held["values"]]
    return int(held) if kind == "intValue" else held


def read_json_attributes(document: Any) -> dict[str, Any]:
    """The attributes of the one span of OTLP JSON; integers must be strings there."""
    [resource_spans] = document["resourceSpans"]
    [scope_spans] = resource_spans["scopeSpans"]
    [span] = scope_spans["spans"]
    return {pair["key"]: _plain(pair["value"]) for pair in span["attributes"]}


def hit(answer: Response) -> dict[str, Any]:
    """The attributes of a hit, whatever its media."""
    assert answer.status == 200, (answer.status, answer.body)
    if answer.headers["content-type"] == JSON.content_type:
        return read_json_attributes(answer.json())
    span = payloads.only_span(TracesData.FromString(answer.body))
    return read_json_attributes(
        {"resourceSpans": [{"scopeSpans": [{"spans": [_json_span(span)]}]}]},
    )


def _json_span(span: Span) -> Any:
    document = payloads.traces(span)
    return json.loads(json_bytes(document))["resourceSpans"][0]["scopeSpans"][0]["spans"][0]


def body_of(attributes: Mapping[str, Any]) -> bytes:
    """The response body in a hit's attributes."""
    text: str = attributes.get("http.response.body", "")
    is_base64 = attributes.get("http.response.body.encoding") == "base64"
    return base64.b64decode(text) if is_base64 else text.encode()


def status_of(answer: Response) -> Status:
    """The `google.rpc.Status` of an error to a protobuf caller."""
    assert answer.headers["content-type"] == PROTOBUF.content_type, answer.headers
    return Status.FromString(answer.body)


def export_result(answer: Response) -> tuple[int, str]:
    """How many spans an upload's answer says were refused, and why."""
    assert answer.status == 200, (answer.status, answer.body)
    if answer.headers["content-type"] == PROTOBUF.content_type:
        response = ExportTraceServiceResponse.FromString(answer.body)
    else:
        response = ParseDict(answer.json(), ExportTraceServiceResponse())
    partial = response.partial_success
    return partial.rejected_spans, partial.error_message


MOCK_EVERYTHING = {"rules": [{"when": {}, "then": {"action": "mock", "response": {"body": "hi"}}}]}


def mocked(replica: Replica, *rules: Mapping[str, object], **more: object) -> str:
    """A replay session with these rules, or one that answers everything."""
    session_id = replica.create("replay", **more)
    document = {"version": 1, "rules": list(rules)} if rules else MOCK_EVERYTHING
    answer = replica.post(f"/v1/sessions/{session_id}/rules", document)
    assert answer.status == 200, answer.body
    return session_id


def mock(when: Mapping[str, object], **response: object) -> dict[str, object]:
    """A rule that mocks."""
    return {"when": dict(when), "then": {"action": "mock", "response": response}}


def stats(replica: Replica, session_id: str) -> dict[str, Any]:
    """A session's counters."""
    found: dict[str, Any] = replica.get(f"/v1/sessions/{session_id}/stats").json()["stats"]
    return found

"""Replay sessions: a case of recorded hops, loaded and answered from by one rule."""

import json
from collections.abc import Mapping
from typing import Any

from app.otlp.json_writer import json_bytes
from app.otlp.media import Media
from tests.api import otlp
from tests.servers import Replica, Response
from tests.unit.otlp import payloads

STATUS, BODY = "http.response.status_code", "http.response.body"
REQUEST_BODY = "http.request.body"
Attributes = Mapping[str, object]


def recorded(
    hop: Attributes, body: object = "", status: object = 200, **more: object
) -> Attributes:
    """The attributes of an observed hop with its answer."""
    answer = {STATUS: status, BODY: body, "sp.span.type": "extract"}
    return {**hop, **answer, **more}


def trace(attributes: Attributes) -> Any:
    """The trace payload of one observed hop."""
    span = payloads.span(attributes, **otlp.fresh_ids())
    return json.loads(json_bytes(payloads.traces(span)))


def case(*hops: Attributes, **more: object) -> dict[str, Any]:
    """A case document of these hops."""
    return {"version": "1", "caseId": "c", "traces": list(map(trace, hops)), **more}


def replay(ignore: object = None, **more: object) -> dict[str, Any]:
    """A rule that replays whatever it can."""
    then = {"action": "replay"} if ignore is None else {"action": "replay", "ignore": ignore}
    return {"when": {}, "then": then, **more}


def load(replica: Replica, session_id: str, document: object) -> Response:
    """Load a case document, or its bytes."""
    answer = replica.post(f"/v1/sessions/{session_id}/load-case", document)
    assert answer.status == 200, answer.body
    return answer


def replaying(replica: Replica, document: object, ignore: object = None) -> str:
    """A session that answers from a case, by one rule."""
    session_id = otlp.mocked(replica, replay(ignore))
    load(replica, session_id, document)
    return session_id


def captured(replica: Replica, *hops: Attributes) -> bytes:
    """The case file of a capture of these observed hops."""
    session_id = replica.create("capture")
    spans = [otlp.observed(session_id, hop) for hop in hops]
    assert otlp.export_result(otlp.upload(replica, *spans)) == (0, "")
    assert replica.post(f"/v1/sessions/{session_id}/close").status == 200
    return replica.get(f"/v1/captures/{session_id}").body


def answered(
    replica: Replica, session_id: str, hop: Attributes, media: Media = otlp.JSON
) -> dict[str, Any] | None:
    """The attributes of a hop's answer; None where no recording agrees."""
    answer = otlp.ask(replica, session_id, hop, media)
    return None if answer.status == 404 else otlp.hit(answer)


def said(replica: Replica, session_id: str, hop: Attributes) -> str | None:
    """The body of a hop's answer, as text; None where no recording agrees."""
    found = answered(replica, session_id, hop)
    return None if found is None else found.get(BODY, "")

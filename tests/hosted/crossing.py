"""Every call of the API as somebody may make it about what is somebody else's."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tests.api import otlp
from tests.unit.otlp import payloads

SESSION = "/v1/sessions/{session_id}"
GOOD: Mapping[str, object] = {
    "load-case": {"version": "1", "caseId": "c", "traces": []},
    "rules": {"rules": []},
    "policy": {"externalHttp": "strict"},
    "fixtures/auth": {"fixtures": [{"name": "a", "value": "b"}]},
    "close": {},
}
BAD = b'{"mode":"nonsense","rules":7'


class Call(NamedTuple):
    """A call, its path filled in, and with which body."""

    method: str
    path: str
    body: bytes | object | None = None
    content_type: str = "application/json"


def _about_session(session_id: str) -> Iterator[Call]:
    base = SESSION.format(session_id=session_id)
    for read in ("", "/stats", "/rules"):
        yield Call("GET", base + read)
    for what, body in GOOD.items():
        yield Call("POST", f"{base}/{what}", body)
        yield Call("POST", f"{base}/{what}", BAD)
    yield Call("DELETE", base)


def _on_the_data_plane(session_id: str) -> Iterator[Call]:
    hop, span = otlp.question(session_id, otlp.hop()), otlp.observed(session_id, otlp.hop())
    for media in otlp.MEDIA:
        for path, payload in (("/v1/inject", hop), ("/v1/traces", payloads.traces(span))):
            yield Call("POST", path, otlp.encoded(payload, media), media.content_type)


def calls_about(session_id: str) -> list[Call]:
    """Everything that can be asked about a session and its capture."""
    capture = Call("GET", f"/v1/captures/{session_id}")
    return [*_about_session(session_id), capture, *_on_the_data_plane(session_id)]

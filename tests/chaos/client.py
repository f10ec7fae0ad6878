"""The client: makes calls to the replicas and notes what became of each."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import httpx
from google.rpc.status_pb2 import Status

from app.otlp.media import Media
from tests.api import otlp
from tests.chaos.history import NO_ANSWER, UNREACHED, Call, History, Kind
from tests.chaos.posted import document
from tests.chaos.spans import body_of
from tests.servers import Response
from tests.unit.otlp import payloads

BODY = "http.response.body"
# How long the client waits for the answer to any call but a close, in seconds.
PATIENCE = 4.0
_UNREACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Answer(NamedTuple):
    """What came back; start and end in seconds of the monotonic clock."""

    status: int
    body: bytes
    start: float
    end: float

    def json(self) -> Any:
        """The body of an answer that has one, else an empty object."""
        return json.loads(self.body) if self.status > 0 else {}


def _error(answer: Answer) -> str:
    return str(answer.json().get("error", "")) if answer.status >= 400 else ""


def _span(session: str, span_id: str) -> Any:
    """A span whose ids and body follow from one text of 16 hex digits."""
    ids = {"trace_id": bytes.fromhex(span_id * 2), "span_id": bytes.fromhex(span_id)}
    return otlp.observed(session, {BODY: body_of(span_id)}, **ids)


class Client:
    """Calls of all kinds.

    bases: the URL of each replica. history: where every call is noted.
    """

    def __init__(self, bases: Sequence[str], history: History) -> None:
        self.history = history
        self.replicas = range(len(bases))
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=20)
        self._https = [httpx.AsyncClient(base_url=base, limits=limits) for base in bases]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exit_info: object) -> None:
        await asyncio.gather(*(http.aclose() for http in self._https))

    async def _send(
        self, replica: int, method: str, path: str, body: bytes, media: str, patience: float
    ) -> Answer:
        start = time.monotonic()
        try:
            headers = {"content-type": media, "accept": "application/json"}
            answer = await self._https[replica].request(
                method, path, content=body, headers=headers, timeout=patience
            )
        except _UNREACHED:
            return Answer(UNREACHED, b"", start, time.monotonic())
        except httpx.TransportError:
            return Answer(NO_ANSWER, b"", start, time.monotonic())
        return Answer(answer.status_code, answer.content, start, time.monotonic())

    async def _json(
        self, replica: int, method: str, path: str, body: object = None, patience: float = PATIENCE
    ) -> Answer:
        octets = b"" if body is None else json.dumps(body).encode()
        return await self._send(replica, method, path, octets, "application/json", patience)

    def _note(self, kind: Kind, session: str, replica: int, answer: Answer, **more: Any) -> Call:
        status, _, start, end = answer
        call = Call(kind, session, replica, start, end, status, _error(answer), **more)
        return self.history.add(call)

    async def create(self, replica: int, mode: str) -> Call:
        """Open a session."""
        answer = await self._json(replica, "POST", "/v1/sessions", {"mode": mode})
        told = answer.json()
        return self._note(
            Kind.CREATE,
            told.get("sessionId", ""),
            replica,
            answer,
            sent=(mode,),
            revision=told.get("sessionRevision", 0),
            text=told.get("createdAt", ""),
        )

    async def post(self, replica: int, session: str, kind: Kind, tag: str) -> Call:
        """Replace one of a session's documents."""
        path = f"/v1/sessions/{session}/{kind}"
        answer = await self._json(replica, "POST", path, document(kind, tag))
        revision = answer.json().get("sessionRevision", 0)
        return self._note(kind, session, replica, answer, sent=(tag,), revision=revision)

    async def upload(
        self, replica: int, spans: Mapping[str, Sequence[str]], media: Media
    ) -> list[Call]:
        """Upload spans, given by session; a call for each session."""
        made = [_span(session, span) for session, ids in spans.items() for span in ids]
        body = otlp.encoded(payloads.traces(*made), media)
        answer = await self._send(replica, "POST", "/v1/traces", body, media.content_type, PATIENCE)
        refused = _refused_spans(answer, media)
        readable = answer if media is Media.JSON else answer._replace(body=_json_error(answer))
        return [
            self._note(Kind.UPLOAD, session, replica, readable, sent=tuple(ids), amount=refused)
            for session, ids in spans.items()
        ]

    async def inject(self, replica: int, session: str, path: str) -> Call:
        """Ask about a hop."""
        body = otlp.encoded(otlp.question(session, otlp.hop(path=path)), Media.JSON)
        answer = await self._send(
            replica, "POST", "/v1/inject", body, Media.JSON.content_type, PATIENCE
        )
        is_hit = answer.status == 200
        text = otlp.read_json_attributes(answer.json())[BODY] if is_hit else ""
        return self._note(Kind.INJECT, session, replica, answer, sent=(path,), text=text)

    async def close(self, replica: int, session: str, patience: float = PATIENCE) -> Call:
        """Close a session; patience: how long to wait for the answer, in seconds."""
        path = f"/v1/sessions/{session}/close"
        answer = await self._json(replica, "POST", path, patience=patience)
        count = answer.json().get("traceCount", 0)
        return self._note(Kind.CLOSE, session, replica, answer, amount=count)

    async def read(self, replica: int, session: str) -> Call:
        """Read a session's state."""
        answer = await self._json(replica, "GET", f"/v1/sessions/{session}")
        told = answer.json()
        return self._note(
            Kind.READ,
            session,
            replica,
            answer,
            revision=told.get("sessionRevision", 0),
            amount=told.get("stats", {}).get("injectedSpans", 0),
        )


def _refused_spans(answer: Answer, media: Media) -> int:
    if answer.status != 200:
        return 0
    response = Response(200, {"content-type": media.content_type}, answer.body)
    return otlp.export_result(response)[0]


def _json_error(answer: Answer) -> bytes:
    """The envelope of an error that was told in protobuf: its message begins with its name."""
    if answer.status < 400:
        return b"{}"
    message = Status.FromString(answer.body).message
    return json.dumps({"error": message.partition(":")[0]}).encode()

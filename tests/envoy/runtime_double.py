"""A runtime that answers as the test tells it to, session by session, and remembers its calls."""

import json
import threading
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE_SECONDS = 20.0
INJECT, TRACES = "/v1/inject", "/v1/traces"


@dataclass
class Call:
    """One call: its headers, its one span, and that span's attributes as plain values."""

    headers: Mapping[str, str]
    resource: Mapping[str, object]
    span: Mapping[str, object]
    attributes: Mapping[str, object]

    def body(self, of: str) -> bytes:
        """The body of the `request` or the `response`, decoded."""
        text = str(self.attributes.get(f"http.{of}.body", ""))
        encoded = f"http.{of}.body.encoding" in self.attributes
        return b64decode(text, validate=True) if encoded else text.encode()


@dataclass
class Reply:
    """What to answer; the answer is kept back until `held` is set."""

    status: int
    body: bytes = b"{}"
    held: threading.Event | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


MISS = Reply(404, b'{"error":"not_found","message":"no rule answers this hop","code":2}')


def any_value(value: object) -> dict[str, object]:
    """A plain value as OTLP's AnyValue."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}
    return {"stringValue": value}


def plain_value(value: Mapping[str, object]) -> object:
    """OTLP's AnyValue as a plain value."""
    ((kind, content),) = value.items()
    if kind == "intValue":
        return int(str(content))
    if isinstance(content, dict):
        return [plain_value(item) for item in content["values"]]
    return content


def plain_attributes(listed: list[dict[str, dict[str, object]]]) -> dict[str, object]:
    """A list of attributes as a mapping; no key may come twice."""
    found = {str(item["key"]): plain_value(item["value"]) for item in listed}
    assert len(found) == len(listed)
    return found


def traces(attributes: Mapping[str, object]) -> bytes:
    """A `TracesData` of one span, as OTLP JSON."""
    listed = [{"key": key, "value": any_value(value)} for key, value in attributes.items()]
    span = {"resourceSpans": [{"scopeSpans": [{"spans": [{"attributes": listed}]}]}]}
    return json.dumps(span).encode()


def hit(
    status: int = 200,
    headers: Mapping[str, str | list[str]] | None = None,
    body: str | bytes = "",
    delay_ms: int = 0,
) -> Reply:
    """A hit with this response; a body of bytes travels as base64."""
    attributes: dict[str, object] = {
        "http.response.status_code": status,
        "http.response.body": body,
    }
    for name, value in (headers or {}).items():
        attributes[f"http.response.header.{name}"] = value
    if isinstance(body, bytes):
        attributes["http.response.body"] = b64encode(body).decode()
        attributes["http.response.body.encoding"] = "base64"
    if delay_ms:
        attributes["sp.response.delay_ms"] = delay_ms
    return Reply(200, traces(attributes))


class RuntimeDouble(ThreadingHTTPServer):
    """The double: `answers` decides, `calls` waits for what came."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.changed = threading.Condition()
        self.replies: dict[tuple[str, str], list[Reply]] = {}
        self.kept: defaultdict[tuple[str, str], list[Call]] = defaultdict(list)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.server_address[1]}"

    def answers(self, session: str, *replies: Reply, path: str = INJECT) -> None:
        """The answers to a session's calls in turn; the last one stays."""
        self.replies[path, session] = list(replies)

    def calls(self, session: str, path: str = INJECT, count: int = 1) -> list[Call]:
        """A session's calls, as soon as there are `count` of them."""
        kept = self.kept[path, session]
        with self.changed:
            assert self.changed.wait_for(lambda: len(kept) >= count, PATIENCE_SECONDS)
        return kept

    def uploads(self, session: str, count: int = 1) -> list[Call]:
        """A session's uploads, as soon as there are `count` of them."""
        return self.calls(session, TRACES, count)

    def heard_of(self, path: str) -> bool:
        """Whether any call so far was about this URL path."""
        with self.changed:
            calls = [call for kept in self.kept.values() for call in kept]
        return any(call.attributes["url.path"] == path for call in calls)

    def take(self, path: str, call: Call) -> Reply:
        """Remember a call and say what it gets."""
        key = path, str(call.attributes["sp.session.id"])
        default = Reply(200) if path == TRACES else MISS
        with self.changed:
            self.kept[key].append(call)
            self.changed.notify_all()
            replies = self.replies.get(key, [default])
            return replies.pop(0) if len(replies) > 1 else replies[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeDouble

    def do_POST(self) -> None:
        payload = json.loads(self.rfile.read(int(self.headers["content-length"])))
        (resource,) = payload["resourceSpans"]
        ((span,),) = [scope["spans"] for scope in resource["scopeSpans"]]
        resource_attributes = plain_attributes(resource["resource"]["attributes"])
        attributes = plain_attributes(span["attributes"])
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.send(self.server.take(self.path, Call(headers, resource_attributes, span, attributes)))

    def send(self, reply: Reply) -> None:
        if reply.held:
            reply.held.wait(PATIENCE_SECONDS)
        self.send_response_only(reply.status)
        for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

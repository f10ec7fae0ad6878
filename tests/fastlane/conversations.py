"""Conversations: what clients send over one connection, generated, from plain to hostile."""

import gzip
import json
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from app.otlp.json_writer import json_bytes
from tests.unit.otlp import payloads

# Stands in a conversation for the session that is meant; a real id is as long.
OF_RULES, OF_CAPTURE, STRICT, UNKNOWN = (f"sess_0000000000000000000000000{n}" for n in range(4))
SESSIONS = (OF_RULES, OF_RULES, OF_RULES, OF_CAPTURE, STRICT, UNKNOWN)

_PARTS: dict[str, Sequence[object]] = {
    "http.request.method": ["GET", "post", "HEAD", "", 5],
    "http.method": ["PUT"],
    "url.host": ["api.example.com", "API.example.com:443", "other.example", "", b"api.example.com"],
    "url.path": ["/a", "/b?x=1", "/%61", "/once", "", "no slash"],
    "url.full": ["https://api.example.com/a?y=2", "not a url"],
    "url.query": ["?q=1", "q=2"],
    "http.target": ["/a?t=1", "http://api.example.com/a"],
    "sp.traffic.direction": ["outbound", "inbound", "sideways"],
    "sp.service.name": ["shop", ""],
    "http.request.header.x-one": ["1", ["1", "2"], 3, True, 1.5, b"\xff", {"a": 1}, None],
    "http.request.header.X-One": ["upper", "1"],
    "http.request.headers.x-one": ["plural"],
    "http.request.header.:path": ["/a?p=1"],
    "http.request.header.:method": ["DELETE"],
    "http.request.header.Host": ["api.example.com"],
    "http.request.header.content-encoding": ["gzip", "identity"],
    "http.request.body": ['{"id": 7}', "text", b"\x00\xff", "eyJpZCI6IDd9", ""],
    "http.request.body.encoding": ["base64", "none"],
    "http.response.status_code": [200, "404"],
    "é\u2028😀": ["é", "\u0000"],
}
_IDS = (payloads.TRACE_ID, b"", b"\0" * 16, b"short", b"t" * 17)
_SPAN_IDS = (payloads.SPAN_ID, b"", b"\0" * 8, b"longer than 8")
_RESOURCES: Sequence[dict[str, object]] = (
    {},
    {},
    {"service.name": "shop"},
    {"sp.session.id": OF_RULES},
)
_DEEP = b"[" * 300 + b"]" * 300
_TYPES = ("content-type: text/plain", "Content-Type: application/JSON; a=b")
_CONNECTIONS = ("connection: keep-alive", "Connection: Keep-Alive, TE", "TE: x")
_LENGTHS = (*["content-length: {}"] * 8, "Content-Length: {}", "content-length:  {} ")


def _attributes(random: Random, kind: str) -> dict[str, object]:
    told: dict[str, object] = {"sp.span.type": kind}
    if random.random() < 0.95:
        told["sp.session.id"] = random.choice(SESSIONS)
    usual = ("http.request.method", "url.host", "url.path", "sp.traffic.direction")
    some = random.sample(list(_PARTS), random.randrange(6))
    for name in {*usual, *some} if random.random() < 0.9 else some:
        told[name] = random.choice(_PARTS[name][:1] if random.random() < 0.6 else _PARTS[name])
    return dict(random.sample(list(told.items()), len(told)))


def _traces(random: Random, kind: str) -> Any:
    spans = []
    for _ in range(random.choice([1, 1, 1, 1, 2, 0])):
        ids = {"trace_id": random.choice(_IDS), "span_id": random.choice(_SPAN_IDS)}
        if random.random() < 0.6:
            ids = {"trace_id": random.randbytes(16), "span_id": random.randbytes(8)}
        marked = kind if random.random() < 0.9 else random.choice(["extract", "inject", "x"])
        spans.append(payloads.span(_attributes(random, marked), **ids))
        if random.random() < 0.1:
            spans[-1].attributes.append(spans[-1].attributes[0])
    return payloads.traces(*spans, resource=random.choice(_RESOURCES))


def _spoilt(random: Random, body: bytes) -> bytes:
    """A body with a fault, or with something in it that OTLP does not know."""
    at = random.randrange(len(body) + 1)
    return random.choice(
        [
            body[:at],
            body[:at] + random.randbytes(1) + body[at + 1 :],
            body + b"\xfa\x3e\x03new",
            body.replace(b"stringValue", b"string_value"),
            body.replace(b'"attributes"', b'"more": [null, 1e5, NaN], "attributes"'),
            body.replace(b'"attributes"', b'"name": "\\ud800", "attributes"'),
            body.replace(b'"attributes"', b'"flags": 1, "events": [], "attributes"'),
            body.replace(b'"attributes"', b'"kind": "SPAN_KIND_CLIENT", "attributes"'),
            body.replace(b'"attributes"', b'"more": ' + _DEEP + b', "attributes"'),
            b"",
            b"null",
            b"[]",
        ]
    )


def _body(random: Random, kind: str, *, is_json: bool) -> bytes:
    traces = _traces(random, kind)
    body: bytes = json_bytes(traces) if is_json else traces.SerializeToString()
    if is_json and random.random() < 0.2:
        body = json.dumps(json.loads(body), indent=1, ensure_ascii=random.random() < 0.5).encode()
    return _spoilt(random, body) if random.random() < 0.2 else body


def _headers(random: Random, body: bytes, *, is_json: bool) -> list[str]:
    media = "application/json" if is_json else "application/x-protobuf"
    lines = ["host: x", f"content-type: {media}"]
    if random.random() < 0.3:
        lines.append(f"accept: {random.choice(['*/*', 'application/json', 'text/html', media])}")
    if random.random() < 0.2:
        ids = ["abc-1", "not fit!", "a b", "ü", "", "x" * 200]
        lines.append(f"X-Request-Id: {random.choice(ids)}")
    if random.random() < 0.1:
        lines.append(random.choice(["x-request-id: second", "traceparent: 00-a-b-01", "a: b"]))
    if random.random() < 0.1:
        lines[1] = random.choice(_TYPES)
    if random.random() < 0.1:
        lines.append(random.choice(_CONNECTIONS))
    lines.append(random.choice(_LENGTHS).format(len(body)))
    if random.random() < 0.3:
        random.shuffle(lines)
    return lines


def _framed(random: Random, target: str, lines: list[str], body: bytes) -> bytes:
    if random.random() < 0.05:
        lines = [line for line in lines if "content-length" not in line.lower()]
        lines.append("transfer-encoding: chunked")
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    elif random.random() < 0.05:
        packed = gzip.compress(body, mtime=0)
        lines = [line for line in lines if "content-length" not in line.lower()]
        lines += [f"content-length: {len(packed)}", "content-encoding: gzip"]
        body = packed
    head = "\r\n".join([f"POST {target} HTTP/1.1", *lines, "", ""])
    return head.encode("utf-8") + body


def request(random: Random) -> bytes:
    """One request."""
    kind, target = random.choice([("inject", "/v1/inject")] * 3 + [("extract", "/v1/traces")])
    is_json = random.random() < 0.5
    body = _body(random, kind, is_json=is_json)
    if random.random() < 0.05:
        target = random.choice([f"{target}?a=b", f"http://x{target}", f"{target}/", "/v1/inj%65ct"])
    return _framed(random, target, _headers(random, body, is_json=is_json), body)


LAST = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


class Conversation(NamedTuple):
    """What a client sends over one connection, and where it is cut into pieces."""

    data: bytes
    cuts: Sequence[int]


def conversation(random: Random) -> Conversation:
    """Some requests, one behind the other."""
    sent = b"".join(request(random) for _ in range(random.choice([1, 1, 1, 2, 5]))) + LAST
    cuts = sorted(random.randrange(len(sent)) for _ in range(random.choice([0, 0, 1, 3])))
    return Conversation(sent, cuts)

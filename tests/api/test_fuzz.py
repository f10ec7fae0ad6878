"""Generated and mutated bytes at both APIs: never a 5xx, and the server goes on."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.otlp.media import Media
from tests.api import otlp, wire
from tests.api.schemas import assert_valid
from tests.servers import Replica, Response
from tests.unit.otlp import payloads

# Always the same examples: a failure here is a fault, never a stroke of luck.
FIXED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FEW, MANY = settings(FIXED, max_examples=60), settings(FIXED, max_examples=150)

CASE = {
    "version": "1.0.0",
    "caseId": "c",
    "traces": [{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "0a", "kind": 3}]}]}]}],
    "rules": [otlp.mock({"path": "/case", "method": "GET"}, status=200, body="x")],
}
RULES = {
    "version": 1,
    "rules": [
        {
            "id": "r",
            "priority": 5,
            "consume": "many",
            "when": {
                "direction": "outbound",
                "hostSuffix": "example.com",
                "notHostSuffix": ["x.test"],
                "pathPrefix": "/",
                "headers": {"a": "b", "c": ["d"]},
            },
            "then": {"action": "mock", "response": {"status": 201, "headers": {"x": ["1", "2"]}}},
        },
        otlp.mock({"method": "POST"}, body="AAA=", bodyEncoding="base64"),
        {"when": {}, "then": {"action": "error", "error": {"status": 500, "body": {"a": [1]}}}},
    ],
}
POLICY = {"externalHttp": "strict", "blockHosts": ["a"], "defaultOnMiss": "error"}
FIXTURES = {"tokens": ["t"], "cookies": [{"name": "n", "value": "v"}], "metadata": {"k": 1}}
DOCUMENTS: dict[str, Any] = {
    "load-case": CASE,
    "rules": RULES,
    "policy": POLICY,
    "fixtures/auth": FIXTURES,
    "": {"mode": "replay", "policy": POLICY},
}

_odd_texts = st.sampled_from(
    ["", "\0", "\ud83d", "é", "/", "..", "[::1]:99999", "*", "%zz", "a" * 300, "outbound", "mock"]
)
_json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | _odd_texts
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_odd_texts, inner, max_size=3),
    max_leaves=5,
)


def like(value: Any) -> st.SearchStrategy[Any]:
    """Values of a value's own kind."""
    kinds: dict[type, st.SearchStrategy[Any]] = {
        str: _odd_texts.filter(lambda text: text != "\ud83d") | st.text(max_size=6),
        int: st.integers(-3, 600),
        list: st.sampled_from([[], [value, value]]) | st.lists(_json_values, max_size=2),
        dict: st.just({}) | st.dictionaries(st.text(max_size=3), _json_values, max_size=2),
    }
    return kinds.get(type(value), _json_values)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside a document."""
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in children:
        yield (*at, key)
        if isinstance(child, dict | list):
            yield from places(child, (*at, key))


@st.composite
def mutants(draw: st.DrawFn, document: Any) -> bytes:
    """A document, perhaps with one of its values replaced or a new one put in."""
    mutant = copy.deepcopy(document)
    for _ in range(draw(st.integers(0, 1))):
        way = draw(st.sampled_from(list(places(mutant)) or [("x",)]))
        holder = mutant
        for step in way[:-1]:
            holder = holder[step]
        if draw(st.integers(0, 9)) == 0 and isinstance(holder, dict):
            holder[draw(_odd_texts)] = draw(_json_values)
        elif isinstance(holder, dict) or way[-1] < len(holder):
            own = draw(st.integers(0, 3)) > 0
            holder[way[-1]] = draw(like(holder[way[-1]]) if own else _json_values)
    return json.dumps(mutant).encode()


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Bytes of which some are flipped, cut, doubled or made up."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 20)))
        piece = bytes(data[start:end])
        data[start:end] = draw(st.sampled_from([b"", piece * 2]) | st.binary(max_size=8))
    return bytes(data)


def assert_no_fault(answer: Response) -> None:
    """Fail on a 5xx, and on an error that is not in its envelope."""
    assert answer.status < 500, answer.body
    if answer.status >= 400 and answer.headers["content-type"] == "application/json":
        assert_valid("session-error.response.schema.json", answer.json())


@pytest.fixture(autouse=True)
def goes_on(runtime: Replica) -> Iterator[None]:
    """After each of these tests the server answers, and its log knows of no bug."""
    bugs = runtime.log.read_text().count("internal error")
    yield
    assert runtime.get("/ready").status == 200
    assert runtime.log.read_text().count("internal error") == bugs


@pytest.mark.parametrize("call", DOCUMENTS)
@FEW
@given(data=st.data())
def test_mutated_documents_are_taken_or_refused(
    runtime: Replica, call: str, data: st.DataObject
) -> None:
    """What is taken can be read back and decides about hops without a fault."""
    body = data.draw(
        mutants(DOCUMENTS[call]) | damaged(st.just(json.dumps(DOCUMENTS[call]).encode()))
    )
    session_id = runtime.create("replay")
    path = f"/v1/sessions/{session_id}/{call}" if call else "/v1/sessions"
    answer = runtime.post(path, body)
    assert_no_fault(answer)
    if answer.status in (200, 201):
        session_id = answer.json()["sessionId"]
        for read in ("", "/rules", "/stats"):
            assert runtime.get(f"/v1/sessions/{session_id}{read}").status == 200
        for method in ("GET", "POST"):
            for media in otlp.MEDIA:
                asked = otlp.ask(runtime, session_id, otlp.hop(method, "/case"), media)
                assert asked.status in (200, 404)


HOP = {
    "sp.traffic.direction": "outbound",
    "http.request.method": "GET",
    "url.host": "[2001:db8::1]:8443",
    "url.full": "https://a.test:1/x?y=z",
    "url.path": "/a%2Fb",
    "http.request.header.x": "y",
    "http.request.header.cookie": ["a", "b"],
    "http.request.body": '{"a":1}',
    "http.request.body.encoding": "base64",
    "http.response.status_code": 200,
}


@st.composite
def uploads(draw: st.DrawFn, session_id: str, kind: str) -> Any:
    """A payload whose span is marked, with some of its attributes replaced by odd values."""
    values = payloads.plain_values | _odd_texts.filter(lambda text: text != "\ud83d")
    odd = draw(st.dictionaries(st.sampled_from(sorted(HOP)), values, max_size=4))
    marks = {"sp.span.type": kind, "sp.session.id": session_id}
    span = payloads.span(HOP | odd | marks, **otlp.fresh_ids())
    whole = payloads.traces(span)
    whole.MergeFrom(draw(payloads.payloads))
    return whole


@pytest.mark.parametrize("kind", ["inject", "extract"])
@pytest.mark.parametrize("media", otlp.MEDIA, ids=["json", "protobuf"])
@MANY
@given(data=st.data())
def test_odd_and_damaged_payloads_are_taken_or_refused(
    runtime: Replica, kind: str, media: Media, data: st.DataObject
) -> None:
    """By a session with rules of every kind, or by a capture."""
    path = "/v1/inject" if kind == "inject" else "/v1/traces"
    session_id = runtime.create("capture", policy=POLICY)
    assert runtime.post(f"/v1/sessions/{session_id}/rules", RULES).status == 200
    payload = data.draw(uploads(session_id, kind))
    whole = otlp.encoded(payload, media)
    sane = otlp.send(runtime, path, whole, media)
    assert_no_fault(sane)
    assert sane.status == 200
    assert_no_fault(otlp.send(runtime, path, data.draw(damaged(st.just(whole))), media))
    if kind == "extract":
        closed = runtime.post(f"/v1/sessions/{session_id}/close")
        assert closed.status == 200
        assert_valid("case.schema.json", runtime.get(f"/v1/captures/{session_id}").json())


@pytest.mark.parametrize("path", ["/v1/inject", "/v1/traces", "/v1/sessions"])
@FEW
@given(body=st.binary(max_size=200), media=st.sampled_from(otlp.MEDIA))
def test_random_bytes_are_refused(runtime: Replica, path: str, body: bytes, media: Media) -> None:
    """Or taken, where they happen to be an empty message."""
    assert_no_fault(otlp.send(runtime, path, body, media))


_header_names = st.sampled_from(
    [
        "accept", "authorization", "content-encoding", "content-type", "cookie", "expect", "host",
        "if-none-match", "range", "te", "x-forwarded-for", "x-public-key", "x-request-id",
    ]
)  # fmt: skip
_header_bytes = st.binary(max_size=40).filter(lambda value: not set(value) & set(b"\r\n\0"))
_header_values = _header_bytes | st.sampled_from(
    [b"gzip", b"br", b"*/*;q=9", b"application/json;q=", b"bytes=0-", b"Bearer", b"100-continue"]
)
_paths = st.sampled_from(
    ["/health", "/v1/sessions", "/v1/inject", "/v1/traces", "/v1/captures", "/metrics", "/docs"]
)


@MANY
@given(
    method=st.sampled_from(["GET", "POST"]),
    path=_paths,
    headers=st.dictionaries(_header_names, _header_values, max_size=4),
    query=st.text("abc=&%+;\\é0", max_size=12),
)
def test_odd_headers_and_queries_are_answered(
    runtime: Replica, method: str, path: str, headers: dict[str, bytes], query: str
) -> None:
    """Whatever the bytes in them."""
    lines = b"".join(b"%s: %s\r\n" % (name.encode(), value) for name, value in headers.items())
    target = f"{path}?".encode() + query.encode()
    body = b'{"mode":"replay"}' if method == "POST" else b""
    [answer] = wire.exchange(runtime, wire.request(method, target, lines, body))
    assert_no_fault(answer)

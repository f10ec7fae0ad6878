"""The variants: what is measured beside the floor, each with a session of its own."""

from collections.abc import Iterator
from typing import NamedTuple

from app.otlp.media import Media
from bench import servers, traffic
from bench.servers import Server

RULE_COUNTS = (1, 100, 1_000, 10_000)
SESSIONS = 1_000
CASES = {"1 MiB": 2**20, "100 MiB": 100 * 2**20}
BODIES = {"2 KB": 2_000, "200 KB": 200_000}
FLOOR = "floor: uvicorn, bare ASGI, constant answer"
ONE = "inject, protobuf, 1 rule"


class Variant(NamedTuple):
    """Something that is measured."""

    name: str
    server: Server
    requests: Iterator[bytes]


def session(port: int, mode: str) -> str:
    """A new session's id."""
    session_id: str = servers.post(port, "/v1/sessions", {"mode": mode})["sessionId"]
    return session_id


def _ruled(port: int, rule_count: int, case_bytes: int = 0) -> str:
    session_id = session(port, "replay")
    servers.post(port, f"/v1/sessions/{session_id}/rules", traffic.rules(rule_count))
    if case_bytes:
        servers.post(port, f"/v1/sessions/{session_id}/load-case", traffic.case(case_bytes))
    return session_id


def _inject(server: Server, name: str, session_id: str, media: Media = Media.PROTOBUF) -> Variant:
    question = traffic.inject(session_id)
    body = question if media is Media.PROTOBUF else traffic.as_json(question)
    request = traffic.http_request("/v1/inject", body, media)
    return Variant(name, server, traffic.the_same(request))


def _traces(server: Server, size: str) -> Variant:
    payload = traffic.extract(session(server.port, "capture"), BODIES[size])
    requests = traffic.with_fresh_span_ids(traffic.http_request("/v1/traces", payload))
    return Variant(f"traces, protobuf, body of {size}", server, requests)


def _many_sessions(server: Server) -> Variant:
    questions = [traffic.inject(_ruled(server.port, 1)) for _ in range(SESSIONS)]
    for question in questions:
        # So that what is measured is not the first hop of each.
        servers.send(server.port, "/v1/inject", question)
    requests = [traffic.http_request("/v1/inject", question) for question in questions]
    return Variant(f"{ONE}, {SESSIONS:,} sessions in turn", server, traffic.in_turn(requests))


def floor(server: Server) -> Variant:
    """The constant answer to the same question."""
    constant = traffic.http_request("/", traffic.inject("sess_floor"))
    return Variant(FLOOR, server, traffic.the_same(constant))


def variants(server: Server) -> Iterator[Variant]:
    """Those of a replica; the first is the one that the others are compared with."""
    port, most = server.port, RULE_COUNTS[-1]
    for count in RULE_COUNTS:
        name = ONE if count == 1 else f"inject, protobuf, {count:,} rules"
        yield _inject(server, name, _ruled(port, count))
    for count in (1, most):
        for size, octets in CASES.items():
            session_id = _ruled(port, count, octets)
            rules = "1 rule" if count == 1 else f"{count:,} rules"
            yield _inject(server, f"inject, protobuf, {rules}, case of {size}", session_id)
    yield _many_sessions(server)
    yield _inject(server, "inject, JSON, 1 rule", _ruled(port, 1), Media.JSON)
    for size in BODIES:
        yield _traces(server, size)

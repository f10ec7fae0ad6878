"""Gathers the evidence: reads files, indexes and keys once everything is at rest."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from redis.asyncio import Redis

from app.store.connection import connect
from tests.api.schemas import assert_valid
from tests.chaos.client import BODY
from tests.chaos.evidence import CaseFile, Evidence
from tests.chaos.sinks import PREFIX, SUFFIX, Sink
from tests.chaos.spans import body_of
from tests.chaos.world import World
from tests.servers import Replica


def _span_id(trace: Any) -> str:
    [resource_spans] = trace["resourceSpans"]
    [scope_spans] = resource_spans["scopeSpans"]
    [span] = scope_spans["spans"]
    span_id = str(span["spanId"])
    bodies = [p["value"]["stringValue"] for p in span["attributes"] if p["key"] == BODY]
    assert span["traceId"] == span_id * 2, f"span {span_id} has another one's trace id"
    assert bodies == [body_of(span_id)], f"span {span_id} has another body than it was sent with"
    return span_id


def _case_file(octets: bytes, session: str) -> CaseFile:
    try:
        document = json.loads(octets)
        assert_valid("case.schema.json", document)
        assert document["caseId"] == session, "it is another session's"
        spans = tuple(map(_span_id, document["traces"]))
        return CaseFile(document["createdAt"], spans)
    except (ValueError, KeyError, AssertionError) as flaw:
        return CaseFile(damage=f"{type(flaw).__name__}: {str(flaw)[:500]}")


def _sessions_of(names: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The names of case files by session, and what else lies there."""
    found, strays = {}, []
    for name in names:
        if name.startswith(PREFIX) and name.endswith(SUFFIX):
            found[name.removeprefix(PREFIX).removesuffix(SUFFIX)] = name
        else:
            strays.append(name)
    return found, strays


def _pages(replica: Replica, path: str, name: str) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        page = replica.get(f"{path}?limit=1000{cursor}").json()
        found += page[name]
        if not page["nextCursor"]:
            return found
        cursor = f"&cursor={page['nextCursor']}"


def _unread(replica: Replica, sink: Sink, names: dict[str, str]) -> list[str]:
    """Captures of which the replica hands out other bytes than lie there."""
    return [
        session
        for session, name in names.items()
        if replica.get(f"/v1/captures/{session}").body != sink.read(name)
    ]


def _files(sink: Sink, names: dict[str, str]) -> dict[str, CaseFile]:
    return {session: _case_file(sink.read(name), session) for session, name in names.items()}


async def _keys(client: Redis) -> AsyncIterator[str]:
    async for key in client.scan_iter(count=1000):
        yield key.decode()


async def _states(client: Redis) -> tuple[dict[str, str], list[str], list[str]]:
    """The states of the sessions, keys beside closed ones, and keys without an expiry."""
    states: dict[str, str] = {}
    keys = [key async for key in _keys(client)]
    immortal = [key for key in keys if await client.pttl(key) == -1]
    inner = [key for key in keys if key.startswith("sp:{")]
    for key in inner:
        if key.endswith("}"):
            state: Any = await client.hget(key, "state")
            states[key.partition("/")[2].removesuffix("}")] = (state or b"none").decode()
    beside = [key for key in inner if not key.endswith("}")]
    left = [k for k in beside if states.get(k.partition("/")[2].partition("}")[0]) != "open"]
    # A session may lapse between these questions, and its keys all at once with it.
    left = [key for key in left if await client.exists(key)]
    return states, left, immortal


def _bugs(replica: Replica) -> Iterator[str]:
    """The exceptions that a replica logged, each with its place."""
    for line in replica.log.read_text().splitlines():
        told = json.loads(line) if line.startswith("{") else {}
        if "exception" in told:
            yield f"{told['exception']} in {told['event']}: {' < '.join(reversed(told['trace']))}"


async def gather(world: World) -> Evidence:
    """Read everything that a scene has left behind."""
    replica = world.replicas[0]
    client = connect(world.store.url)
    states, leftovers, immortal = await _states(client)
    await client.aclose()
    names, strays = _sessions_of(await asyncio.to_thread(world.sink.names))
    listed = await asyncio.to_thread(_pages, replica, "/v1/captures", "captures")
    opened = await asyncio.to_thread(_pages, replica, "/v1/sessions", "sessions")
    unread = await asyncio.to_thread(_unread, replica, world.sink, names)
    return Evidence(
        files=await asyncio.to_thread(_files, world.sink, names),
        strays=tuple(strays),
        listed=tuple((entry["captureId"], entry["traceCount"]) for entry in listed),
        unread=tuple(unread),
        open=tuple(entry["sessionId"] for entry in opened),
        states=states,
        leftovers=tuple(leftovers),
        immortal=tuple(immortal),
        drains=tuple(world.drains),
        halves=tuple(world.halves),
        bugs=tuple(bug for one in world.replicas for bug in _bugs(one)),
    )

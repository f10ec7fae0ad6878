"""Writes `tests/store/state-1.json`: a store as this version leaves it.

A file once released is not written again: a version that writes another form adds its own.
"""

import asyncio
import base64
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from app.store.captures import CaptureIndex
from app.store.cases import CaseStore, document_fields
from app.store.closes import CloseStore
from app.store.connection import connect
from app.store.embedded import EmbeddedServer
from app.store.hits import Chosen, HitStore, Wanted
from app.store.sessions import SessionStore
from app.store.spans import SpanStore

FILE = Path(__file__).parent.parent / "tests" / "store" / "state-1.json"
ORG = "default"
TTL_MS = 3_600_000
RULES, CASE = b'{"rules":[{}]}', b'{"traces":[{},{}]}'
# Two answers to one request, the numbers of which stand in a block.
RECORDINGS = [(b"a:0", b"first"), (b"a:1", b"second"), (b"k", b"2 0 ab")]
RECORDINGS.append((b"o:0:0", b"\0\0\0\0\0\0\0\1"))
WANTED = Wanted(ignored="0", port="", line=b"", fields=[b"k"])
SPANS = [(b"id%d" % number, b"payload \x00 %d" % number) for number in range(3)]

Key = dict[str, Any]


def _text(value: Any) -> str:
    return base64.b64encode(value).decode()


async def _content(client: Redis, key: bytes, kind: str) -> Any:
    if kind == "hash":
        held: Any = await client.hgetall(key)
        return {name.decode(): _text(value) for name, value in held.items()}
    if kind == "list":
        return [_text(value) for value in await client.lrange(key, 0, -1)]
    if kind == "set":
        return sorted([_text(value) for value in await client.smembers(key)])
    if kind == "zset":
        scored: Any = await client.zrange(key, 0, -1, withscores=True)
        return [[_text(member), score] for member, score in scored]
    return _text(await client.get(key) or b"")


async def dump(client: Redis) -> dict[str, Key]:
    """Every key, with its kind, content and life in ms."""
    state: dict[str, Key] = {}
    async for key in client.scan_iter(count=1000):
        kind = str(await client.execute_command("TYPE", key), "ascii")
        content, life = await _content(client, key, kind), await client.pttl(key)
        state[key.decode()] = {"kind": kind, "content": content, "life_ms": life}
    return dict(sorted(state.items()))


async def _put(client: Redis, key: str, kind: str, content: Any) -> None:
    plain = base64.b64decode
    if kind == "hash":
        await client.hset(key, mapping={name: plain(value) for name, value in content.items()})
    elif kind == "list":
        await client.rpush(key, *map(plain, content))
    elif kind == "set":
        await client.sadd(key, *map(plain, content))
    elif kind == "zset":
        await client.zadd(key, {plain(member): score for member, score in content})
    else:
        await client.set(key, plain(content))


async def restore(client: Redis, state: dict[str, Key]) -> None:
    """Put every key of a dump into an empty store."""
    for key, held in state.items():
        await _put(client, key, held["kind"], held["content"])
        await client.pexpire(key, held["life_ms"])


async def chosen(sessions: SessionStore, session_id: str) -> Chosen:
    """The session's first rule, which answers once, by its documents of this moment."""
    version = await sessions.version(ORG, session_id)
    return Chosen(version, layer="session", place=0, once=True)


async def make(client: Redis) -> dict[str, str]:
    """Make one session in each state; gives their ids by the state's name."""
    sessions, closes = SessionStore(client, TTL_MS), CloseStore(client)
    spans, cases = SpanStore(client, TTL_MS, 10_000), CaseStore(client, TTL_MS)
    modes = {"replay": "replay", "capture": "capture", "closing": "capture", "closed": "replay"}
    ids = {name: (await sessions.create(ORG, mode, "{}"))[0] for name, mode in modes.items()}
    await cases.replace_rules(ORG, ids["replay"], document=RULES, rule_count=1, ignores=b"", ids="")
    await cases.loading(ORG, ids["replay"]).finish(
        [*document_fields(CASE), *RECORDINGS], case_id="c", trace_count=2, rules="[]"
    )
    rule = await chosen(sessions, ids["replay"])
    await HitStore(client, TTL_MS).take(ORG, ids["replay"], rule, WANTED)
    await sessions.count(ORG, ids["replay"], "strictMisses", '{"path":"/a"}')
    for name in ("capture", "closing"):
        await spans.append(ORG, ids[name], SPANS)
    await closes.begin(ORG, ids["closing"], "an owner that is gone")
    await closes.begin(ORG, ids["closed"], "an owner")
    await CaptureIndex(client).add(
        ORG, ids["closed"], case_path="/cases/a.json", trace_count=3, created_ms=5, size=7
    )
    return ids


async def _written() -> str:
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder))
        await server.start()
        client = connect(server.url)
        document = {"sessions": await make(client), "keys": await dump(client)}
        await client.aclose()
        await server.stop()
    return json.dumps(document, indent=1) + "\n"


def main() -> int:
    """Write the file."""
    FILE.write_text(asyncio.run(_written()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

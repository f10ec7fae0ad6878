"""A session to run scripts against."""

from typing import Any

from redis.asyncio import Redis

from app.store import scripts
from app.store.ids import new_tag
from app.store.keys import loading_keys, session_keys
from app.store.script import Reply

ORG = "default"
SESSION = "sess_01HZZZZZZZZZZZZZZZZZZZZZZZ"
KEYS = session_keys(ORG, SESSION)
LOADING = loading_keys(ORG, SESSION, "1")
TTL = 60_000
GRACE = 600_000


async def create(
    client: Redis, mode: str = "capture", ttl_ms: int = TTL, project: str = ""
) -> None:
    """Create the sample session."""
    grace_ms = GRACE if mode == "capture" else 0
    reply = await scripts.create_session(
        client,
        KEYS,
        mode=mode,
        policy="{}",
        project=project,
        grace_ms=grace_ms,
        ttl_ms=ttl_ms,
        tag=new_tag(),
    )
    assert reply.word == "ok"


async def lapse(client: Redis) -> None:
    """Let the sample capture session's life after its last use be over."""
    for key in KEYS:
        await client.pexpire(key, GRACE - 1)


async def begin(
    client: Redis, owner: str = "a", *, lapsed: bool = False, lease_ms: int = TTL
) -> str:
    """Begin to close the sample session; gives the reply's word."""
    reply = await scripts.begin_close(
        client, KEYS, owner=owner, lease_ms=lease_ms, tombstone_ms=TTL, lapsed=lapsed
    )
    return reply.word


async def stage(client: Redis, *fields: bytes) -> Reply:
    """Stage a part of the sample session's next case."""
    return await scripts.stage_case(client, LOADING, life_ms=TTL, fields=fields)


async def load(client: Redis, *fields: bytes, case_id: str = "c", parts: int = 0) -> Reply:
    """Load a case into the sample session: some parts that were staged, and a last one."""
    return await scripts.load_case(
        client,
        LOADING,
        case_id=case_id,
        trace_count=3,
        rules="[]",
        parts=parts,
        life_ms=TTL,
        ttl_ms=TTL,
        tag=new_tag(),
        fields=fields or (b"d", b"0"),
    )


async def post_rules(client: Redis, ids: str = "", ignores: bytes = b"[]") -> Reply:
    """Replace the sample session's rules by some that ignore this."""
    return await scripts.replace_rules(
        client,
        KEYS,
        document=b"{}",
        rule_count=0,
        ignores=ignores,
        ignore_ids=ids,
        ttl_ms=TTL,
        tag=new_tag(),
    )


async def post_policy(client: Redis) -> Reply:
    """Replace the sample session's policy."""
    fields = ("policy", "{}")
    return await scripts.replace_document(client, KEYS, ttl_ms=TTL, tag=new_tag(), fields=fields)


async def version(client: Redis) -> str:
    """The version of the sample session's documents."""
    held: Any = await client.hmget(KEYS.session, "revision", "tag")
    revision, tag = held
    return f"{(revision or b'').decode()}-{(tag or b'').decode()}"


async def claim(
    client: Redis, rule: int = 0, *, layer: str = "session", by: str = "", hit: bool = True
) -> str:
    """Claim a rule of the sample session; gives the reply's word.

    by: the version of the documents; that of this moment if there is none.
    """
    by = by or await version(client)
    reply = await scripts.claim_rule(
        client, KEYS, version=by, layer=layer, rule=rule, is_hit=hit, ttl_ms=TTL
    )
    return reply.word


async def take(
    client: Redis,
    *fields: bytes,
    rule: str = "",
    layer: str = "session",
    port: str = "",
    line: bytes = b"",
    by: str = "",
) -> Reply:
    """Take a recording of the sample session's case; `by` as in `claim`."""
    return await scripts.take_recording(
        client,
        KEYS,
        version=by or await version(client),
        layer=layer,
        rule=rule,
        ignored="0",
        port=port,
        line=line,
        ttl_ms=TTL,
        recordings=fields,
    )

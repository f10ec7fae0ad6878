"""A session to run scripts against."""

from redis.asyncio import Redis

from app.store import scripts
from app.store.keys import loading_keys, session_keys
from app.store.script import Reply

ORG = "default"
SESSION = "sess_01HZZZZZZZZZZZZZZZZZZZZZZZ"
KEYS = session_keys(ORG, SESSION)
LOADING = loading_keys(ORG, SESSION, "1")
TTL = 60_000
GRACE = 600_000


async def create(client: Redis, mode: str = "capture", ttl_ms: int = TTL) -> None:
    """Create the sample session."""
    grace_ms = GRACE if mode == "capture" else 0
    reply = await scripts.create_session(
        client, KEYS, mode=mode, policy="{}", grace_ms=grace_ms, ttl_ms=ttl_ms
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
        fields=fields or (b"d", b"0"),
    )


async def post_rules(client: Redis, ids: str = "", ignores: bytes = b"[]") -> Reply:
    """Replace the sample session's rules by some that ignore this."""
    return await scripts.replace_rules(
        client, KEYS, document=b"{}", rule_count=0, ignores=ignores, ignore_ids=ids, ttl_ms=TTL
    )


async def claim(
    client: Redis, rule: int = 0, *, layer: str = "session", revision: int = 9, hit: bool = True
) -> str:
    """Claim a rule of the sample session; gives the reply's word."""
    reply = await scripts.claim_rule(
        client, KEYS, revision=revision, layer=layer, rule=rule, is_hit=hit, ttl_ms=TTL
    )
    return reply.word


async def take(
    client: Redis,
    *fields: bytes,
    rule: str = "",
    layer: str = "session",
    port: str = "",
    line: bytes = b"",
    revision: int = 9,
) -> Reply:
    """Take a recording of the sample session's case."""
    return await scripts.take_recording(
        client,
        KEYS,
        revision=revision,
        layer=layer,
        rule=rule,
        ignored="0",
        port=port,
        line=line,
        ttl_ms=TTL,
        recordings=fields,
    )

"""A session to run scripts against."""

from redis.asyncio import Redis

from app.store import scripts
from app.store.keys import session_keys

ORG = "default"
SESSION = "sess_01HZZZZZZZZZZZZZZZZZZZZZZZ"
KEYS = session_keys(ORG, SESSION)
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

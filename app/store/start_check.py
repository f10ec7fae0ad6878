"""What is asked of the store once, at the start: whether it can serve as it was asked to.

What will never work by itself is refused with one line; what is missing now and may come is an
obstacle; what works, but risks data, is a warning.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import (
    AuthenticationError,
    NoPermissionError,
    RedisClusterException,
    RedisError,
    ResponseError,
)

from app.store import scripts
from app.store.ack import Ack, NotAcknowledgedError
from app.store.cluster_client import ClusterClient
from app.store.connection import StoreSetupError
from app.store.keys import ProbeKeys, probe_keys
from app.store.script import SCRIPT_NAMES

OLDEST = (6, 2)
OLDEST_WITH_WAITAOF = (7, 2)
PROBE_MS = 1000
RULE = "docs/operations.md has the ACL rule that it needs"
_KEPT = "noeviction"
# A script's text, to try whether one may be sent as such.
_NOTHING = "return 1"
SCRIPT_NAMES[_NOTHING] = "probe_rights"


class Checked(NamedTuple):
    """What the check found.

    answers: whether the store did. obstacle: what keeps it from serving for now, as a line for the
    user; empty where nothing does. warnings: what risks data.
    """

    answers: bool
    obstacle: str
    warnings: list[str]


def _version(server: dict[str, Any]) -> tuple[int, ...]:
    """The version of Redis whose commands the server has; empty where it does not say."""
    return tuple(int(part) for part in re.findall(r"\d+", str(server.get("redis_version", "")))[:2])


def _refuse_mode(server: dict[str, Any], *, is_cluster: bool) -> None:
    mode = server.get("redis_mode") or server.get("server_mode")
    if mode == "sentinel":
        raise StoreSetupError(
            "SOFTPROBE_STORE_URL leads to a Sentinel: write redis+sentinel://host:port/service/db"
        )
    if mode == "cluster" and not is_cluster:
        raise StoreSetupError(
            "SOFTPROBE_STORE_URL leads to a cluster: write redis+cluster://host:port"
        )


def _refuse_version(server: dict[str, Any]) -> None:
    version = _version(server)
    if version and version < OLDEST:
        raise StoreSetupError(
            f"the store is Redis {server['redis_version']}; needed is Redis 6.2 or newer, or Valkey"
        )


def _refuse_ack(server: dict[str, Any], ack: Ack) -> None:
    """What SOFTPROBE_STORE_ACK asks for and no server gets by itself has to be there."""
    if ack is Ack.AOF and _version(server) < OLDEST_WITH_WAITAOF:
        raise StoreSetupError(
            "SOFTPROBE_STORE_ACK=aof needs Redis 7.2 or newer, or Valkey; the store is Redis "
            f"{server.get('redis_version')}"
        )
    if ack is Ack.AOF and not server.get("aof_enabled"):
        raise StoreSetupError("SOFTPROBE_STORE_ACK=aof needs `appendonly yes` in the store")


def _want_of_replicas(servers: list[dict[str, Any]], ack: Ack) -> str:
    """A new primary has no replica until those that are left, or the old one, follow it."""
    if ack is Ack.REPLICA and not all(server.get("connected_slaves") for server in servers):
        return (
            "SOFTPROBE_STORE_ACK=replica needs a replica of every primary; one has none: what has "
            "to be acknowledged is refused until it has"
        )
    return ""


async def _probe_ack(client: Any, ack: Ack) -> str:
    """Try the waiting itself, whose right may be missing; gives what it lacks to be of use."""
    if ack is Ack.MEMORY:
        return ""
    [key] = probe_keys()
    try:
        await client.acknowledged(key, "PTTL", key)
    except NotAcknowledgedError as error:
        return f"the store does not acknowledge yet: {error}"
    return ""


def _warnings(server: dict[str, Any]) -> Iterator[str]:
    policy = server.get("maxmemory_policy", _KEPT)
    if policy != _KEPT:
        yield (
            f"the store's maxmemory-policy is {policy}: when its memory is full it drops sessions "
            "and captures; set it to noeviction"
        )
    if server.get("role") == "slave":
        yield "the store is a replica, which takes no writes: name its primary"


async def _refuse_rights(client: Redis, keys: ProbeKeys) -> None:
    try:
        reply = await scripts.probe_rights(client, keys, expiry_ms=PROBE_MS)
    except ResponseError as error:
        if isinstance(error, NoPermissionError) and "key" in str(error):
            raise StoreSetupError(
                f"the store's user may not use keys that match sp:*; {RULE}"
            ) from None
        raise
    if reply.word == "denied":
        names = ", ".join(name.decode() for name in reply.values)
        raise StoreSetupError(f"the store's user may not run {names}; {RULE}")


async def _look(client: Any, ack: Ack) -> Checked:
    await client.ping()
    servers = await client.servers()
    warnings: list[str] = []
    for server in servers:
        _refuse_mode(server, is_cluster=isinstance(client, ClusterClient))
        _refuse_version(server)
        _refuse_ack(server, ack)
        warnings += _warnings(server)
    await client.time()
    await _refuse_rights(client, probe_keys())
    await client.eval(_NOTHING, 1, *probe_keys())
    unheard = await _probe_ack(client, ack)
    obstacle = _want_of_replicas(servers, ack) or unheard
    return Checked(True, obstacle, list(dict.fromkeys(warnings)))


async def check_store(client: Redis, ack: Ack) -> Checked:
    """Look at the store, if it answers. Raises StoreSetupError if it will never serve as it is."""
    try:
        return await _look(client, ack)
    except AuthenticationError:
        raise StoreSetupError(
            "the store refuses the user or the password of SOFTPROBE_STORE_URL"
        ) from None
    except NoPermissionError as error:
        raise StoreSetupError(f"the store refuses a command: {error}; {RULE}") from None
    except (RedisError, RedisClusterException, OSError, TimeoutError) as error:
        if "Cluster mode is not enabled" in str(error):
            raise StoreSetupError(
                "SOFTPROBE_STORE_URL leads to a server that is no cluster: write redis://host:port"
            ) from None
        reason = str(error) or type(error).__name__
        return Checked(False, f"the store does not answer yet: {reason}", [])

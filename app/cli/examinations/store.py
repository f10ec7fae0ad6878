"""The store: whether it answers, may be used, keeps what it is given, and has the right time."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from redis.asyncio import Redis

from app.cli.examinations.finding import Finding, fault, ok, skipped, warning
from app.cli.examinations.keys import examine_keys
from app.cli.examinations.quotas import examine_quotas
from app.cli.store import store_url
from app.settings import Settings
from app.store.ack import Ack
from app.store.clock import store_clock
from app.store.connection import StoreSetupError, connect
from app.store.embedded import EmbeddedError
from app.store.start_check import check_store

PINGS = 9
# A hop waits for one round trip at least; a longer one than this is felt, in ms.
SLOW_MS = 5.0
# From this on log lines and stored times disagree, and then clouds refuse signatures, in ms.
SKEW_MS, GREAT_SKEW_MS = 2_000, 300_000
# The part of its memory that a store may have used before that is worth a word.
FULL, NEARLY_FULL = 0.98, 0.8
_DEPENDENT = (
    *("rights", "latency", "policy", "persistence", "store memory", "clock"),
    *("keys", "quotas"),
)

Clock = Callable[[], float]


def _roles(servers: list[dict[str, Any]]) -> Iterator[Finding]:
    versions = sorted({_version(server) for server in servers})
    yield ok("store", f"{', '.join(versions)} answers" + _nodes(servers))
    if any(server.get("role") == "slave" for server in servers):
        yield fault("store", "the store is a replica, which takes no writes: name its primary")
    if any(server.get("loading") for server in servers):
        yield warning("store", "the store is still loading its data and refuses calls meanwhile")


def _nodes(servers: list[dict[str, Any]]) -> str:
    return f", {len(servers)} primaries" if len(servers) > 1 else ""


def _version(server: dict[str, Any]) -> str:
    if name := server.get("server_name"):
        return f"{str(name).capitalize()} {server.get(f'{name}_version', '')}".strip()
    return f"Redis {server.get('redis_version', 'of an unknown version')}"


def _policy(servers: list[dict[str, Any]]) -> Finding:
    others = {str(server.get("maxmemory_policy", "noeviction")) for server in servers}
    if others <= {"noeviction"}:
        return ok("policy", "maxmemory-policy is noeviction")
    text = f"maxmemory-policy is {', '.join(sorted(others - {'noeviction'}))}"
    return fault("policy", f"{text}: a full store drops sessions and captures; set noeviction")


def _persistence(servers: list[dict[str, Any]]) -> Finding:
    for server in servers:
        for status in ("aof_last_write_status", "rdb_last_bgsave_status"):
            if server.get(status, "ok") != "ok":
                text = f"{status} is {server[status]}: the store cannot write to its disk"
                return fault("persistence", text)
    if all(server.get("aof_enabled") for server in servers):
        return ok("persistence", "an append-only file is kept")
    text = "appendonly is off: open captures since the last snapshot are lost in a restart"
    return warning("persistence", text)


def _memory(servers: list[dict[str, Any]]) -> Finding:
    limited = [server for server in servers if server.get("maxmemory")]
    if not limited:
        return ok("store memory", "not limited by the store itself")
    used = max(server["used_memory"] / server["maxmemory"] for server in limited)
    text = f"{min(used, 1):.0%} of maxmemory is used"
    if used >= FULL:
        return fault("store memory", f"{text}: a full store refuses every new session and capture")
    if used >= NEARLY_FULL:
        return warning("store memory", f"{text}: it will soon refuse new sessions and captures")
    return ok("store memory", text)


async def _latency(client: Redis) -> Finding:
    took = []
    for _ in range(PINGS):
        started = time.perf_counter()
        await client.ping()
        took.append((time.perf_counter() - started) * 1000)
    text = f"{statistics.median(took):.2f} ms a round trip, {max(took):.2f} ms at most of {PINGS}"
    if statistics.median(took) > SLOW_MS:
        return warning("latency", f"{text}: every hop waits for one at least; bring them closer")
    return ok("latency", text)


async def _clock(client: Redis, clock: Clock) -> Finding:
    before = clock()
    theirs = await store_clock(client)
    skew_ms = round(theirs - (before + clock()) / 2 * 1000)
    if abs(skew_ms) < SKEW_MS:
        return ok("clock", f"the store's and this machine's agree to {abs(skew_ms)} ms")
    text = f"the store's is {abs(skew_ms) / 1000:.1f} s {'ahead' if skew_ms > 0 else 'behind'}"
    if abs(skew_ms) < GREAT_SKEW_MS:
        return warning("clock", f"{text}: keep both in step (NTP), or times in logs will mislead")
    return fault("clock", f"{text}: set the clocks (NTP); object stores refuse such a signature")


async def _examine(client: Redis, settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    checked = await check_store(client, Ack(settings.store_ack))
    if not checked.answers:
        yield fault("store", checked.obstacle.replace("not answer yet", "not answer"))
        for check in _DEPENDENT:
            yield skipped(check, "the store does not answer")
        return
    servers: list[dict[str, Any]] = await client.servers()  # type: ignore[attr-defined]
    for finding in _roles(servers):
        yield finding
    if checked.obstacle:
        yield fault("store", checked.obstacle)
    yield ok("rights", "the store's user may run what is needed")
    yield await _latency(client)
    for look in (_policy, _persistence, _memory):
        yield look(servers)
    yield await _clock(client, clock)
    yield await examine_keys(client, settings)
    yield await examine_quotas(client, settings)


async def examine_store(settings: Settings, clock: Clock = time.time) -> list[Finding]:
    """All of it.

    clock: this machine's, in seconds since the epoch.
    """
    ack, found = Ack(settings.store_ack), []
    try:
        async with store_url(settings, ack) as url:
            client = connect(url, ack)
            try:
                found += [finding async for finding in _examine(client, settings, clock)]
            finally:
                await asyncio.shield(client.aclose())
    except (StoreSetupError, EmbeddedError) as error:
        found.append(fault("store", str(error)))
        found += [skipped(check, "the store cannot be used") for check in _DEPENDENT]
    except Exception as error:
        found.append(fault("store", f"a question was not answered: {type(error).__name__}"))
    return found

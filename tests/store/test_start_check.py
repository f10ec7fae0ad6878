"""The start's look at the store: what is refused, what is warned of, each in one line."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
from redis.asyncio import Redis

from app.store.ack import Ack
from app.store.connection import StoreSetupError, connect
from app.store.script import LUA
from app.store.start_check import Checked, check_store
from tests.servers import Valkey, free_port, wait_until
from tests.topologies import (
    ENCODED,
    REFUSED_COMMANDS,
    asked,
    commands_of,
    redis_62,
    rule_of,
    user_of,
)


async def checked(url: str, ack: Ack = Ack.MEMORY) -> Checked:
    """What the check finds at a URL."""
    client = connect(url, ack)
    try:
        return await check_store(client, ack)
    finally:
        await client.aclose()


async def refusal(url: str, ack: Ack = Ack.MEMORY) -> str:
    """The one line with which the start is refused at a URL."""
    with pytest.raises(StoreSetupError) as refused:
        await checked(url, ack)
    line = str(refused.value)
    assert "\n" not in line
    return line


def is_followed(primary: Valkey) -> bool:
    """Whether a replica has everything that a primary has."""
    with asked(primary) as client:
        return bool(client.info("replication").get("slave0", {}).get("state") == "online")


async def test_a_store_that_serves_is_taken_as_it_is(store_kind: str, client: Redis) -> None:
    """In every form, and it leaves no key behind."""
    if store_kind == "fakeredis":
        pytest.skip("a fake server says nothing of itself")
    assert await check_store(client, Ack.MEMORY) == Checked(True, "", [])
    assert await client.dbsize() == 0


async def test_a_store_that_is_away_is_an_obstacle() -> None:
    """A replica starts while its store does not."""
    found = await checked(f"redis://127.0.0.1:{free_port()}")
    assert not found.answers
    assert "does not answer yet" in found.obstacle


async def test_a_primary_without_a_replica_is_an_obstacle_where_one_is_waited_for(
    valkey: Valkey,
) -> None:
    """After a failover it may be without one for a while."""
    found = await checked(valkey.url, Ack.REPLICA)
    assert found.answers
    assert "SOFTPROBE_STORE_ACK=replica needs a replica of every primary" in found.obstacle
    with Valkey(replicaof=f"127.0.0.1 {valkey.port}"):
        await asyncio.to_thread(wait_until, lambda: is_followed(valkey), "the replica to follow")
        assert await checked(valkey.url, Ack.REPLICA) == Checked(True, "", [])


async def test_a_replica_that_acknowledges_nothing_is_an_obstacle(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts as connected while it is still being given the data."""
    client: Any = connect(valkey.url, Ack.REPLICA)
    told = (await client.servers())[0] | {"connected_slaves": 1}
    monkeypatch.setattr(client, "servers", AsyncMock(return_value=[told]))
    assert "does not acknowledge yet" in (await check_store(client, Ack.REPLICA)).obstacle
    await client.aclose()


async def test_a_store_that_may_evict_is_a_warning() -> None:
    """It would drop sessions when its memory is full."""
    with Valkey(maxmemory_policy="allkeys-lru") as server:
        found = await checked(server.url)
    assert found.answers
    assert "maxmemory-policy is allkeys-lru" in found.warnings[0]


async def test_a_replica_is_a_warning(valkey: Valkey) -> None:
    """It may become a primary."""
    with Valkey(replicaof=f"127.0.0.1 {valkey.port}") as server:
        assert "is a replica" in (await checked(server.url)).warnings[0]


@pytest.mark.parametrize(
    ("form", "kind", "advice"),
    [
        ("redis://", "cluster", "redis+cluster://"),
        ("redis+cluster://", "valkey", "redis://"),
    ],
)
async def test_the_wrong_form_is_refused_with_the_right_one(
    store_urls: Callable[[str], str], form: str, kind: str, advice: str
) -> None:
    """A cluster is no server, and a server no cluster."""
    host = store_urls(kind).partition("://")[2].split(",")[0].removesuffix("/0")
    assert advice in await refusal(form + host)


async def test_a_sentinel_is_no_store(store_urls: Callable[[str], str]) -> None:
    """Its own form is told."""
    host = store_urls("sentinel").partition("://")[2].split("/")[0]
    assert "redis+sentinel://" in await refusal(f"redis://:{ENCODED}@{host}")


@pytest.mark.parametrize(
    ("told", "ack", "line"),
    [
        ({"redis_version": "6.0.16"}, Ack.MEMORY, "Redis 6.0.16"),
        ({"redis_version": "7.0.15", "aof_enabled": 1}, Ack.AOF, "7.2 or newer"),
        ({"aof_enabled": 0}, Ack.AOF, "appendonly yes"),
    ],
)
async def test_what_a_server_cannot_do_is_refused(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], ack: Ack, line: str
) -> None:
    """Too old, without its file."""
    client: Any = connect(valkey.url, ack)
    server = (await client.servers())[0] | told
    monkeypatch.setattr(client, "servers", AsyncMock(return_value=[server]))
    with pytest.raises(StoreSetupError, match=line):
        await check_store(client, ack)
    await client.aclose()


async def test_a_wrong_password_is_refused_without_showing_it(valkey: Valkey) -> None:
    """Nor the right one."""
    user_of(valkey)
    line = await refusal(f"redis://softprobe:wrong-hush@127.0.0.1:{valkey.port}")
    assert "refuses the user or the password" in line
    assert "hush" not in line


@pytest.mark.parametrize("command", REFUSED_COMMANDS)
async def test_a_missing_right_is_named(valkey: Valkey, command: str) -> None:
    """Whatever command of the rule is left out."""
    line = await refusal(user_of(valkey, f"-{command}", name="few"))
    assert command.upper() in line.upper()
    assert "operations.md" in line


async def test_the_right_to_wait_is_missed_where_it_is_needed(valkey: Valkey) -> None:
    """And only there."""
    assert "waitaof" in await refusal(user_of(valkey, name="few"), Ack.AOF)
    assert "wait" in await refusal(user_of(valkey, name="few"), Ack.REPLICA)
    assert (await checked(user_of(valkey, "+waitaof", name="few"), Ack.AOF)).answers


async def test_a_cluster_needs_the_rule_and_what_the_page_adds(
    store_urls: Callable[[str], str],
) -> None:
    """Every node has the user."""
    url = store_urls("cluster")
    admin: Any = connect(url)
    await admin.initialize()
    words = [*rule_of("few"), "+cluster|slots", "+command", "+asking"]
    await admin.execute_command("ACL SETUSER", *words, target_nodes=admin.get_primaries())
    login = f"redis+cluster://few:{ENCODED}@"
    assert await checked(url.replace("redis+cluster://", login)) == Checked(True, "", [])
    await admin.aclose()


async def test_another_database_needs_the_right_to_select_it(valkey: Valkey) -> None:
    """Without it, the start says so."""
    assert "select" in await refusal(user_of(valkey, name="few") + "1")
    assert (await checked(user_of(valkey, "+select", name="few") + "1")).answers


async def test_a_user_of_other_keys_is_refused(valkey: Valkey) -> None:
    """The pattern that is missing is named."""
    assert "sp:*" in await refusal(user_of(valkey, "resetkeys", "~other:*", name="few"))


@pytest.mark.skipif(redis_62() is None, reason="no package with Redis 6.2 for this machine")
async def test_a_missing_right_is_named_by_the_oldest_server_too() -> None:
    """Redis 6.2 words it otherwise."""
    with Valkey(binary=redis_62()) as server:
        assert "HSET" in await refusal(user_of(server, "-hset"))


def test_the_rule_and_the_probe_have_every_command_of_the_scripts() -> None:
    """A script that uses another one changes the rule on the page, and what the start tries."""
    probe = LUA / "probe_rights.lua"
    used = {name for path in LUA.rglob("*.lua") if path != probe for name in commands_of(path)}
    assert used - set(REFUSED_COMMANDS) == set()
    assert used - commands_of(probe) == set()


async def test_unusable_files_are_refused(folder: Path) -> None:
    """Before anything is asked."""
    (folder / "ca.pem").write_text("no certificate")
    for file in ("ca.pem", "missing.pem"):
        with pytest.raises(StoreSetupError, match="ssl_ca_certs"):
            connect(f"rediss://127.0.0.1?ssl_ca_certs={folder / file}")

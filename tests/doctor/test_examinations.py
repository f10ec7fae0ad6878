"""What no real set-up in a test can show: a wrong clock, a container's memory, a keen bucket."""

from pathlib import Path
from typing import Literal

import pytest
from redis.asyncio import Redis

from app.captures.sink import SinkError
from app.captures.sinks import Sinks
from app.cli.examinations.finding import Finding, Verdict
from app.cli.examinations.keys import examine_keys
from app.cli.examinations.machine import examine_memory
from app.cli.examinations.sink import examine_sink
from app.cli.examinations.store import examine_store
from app.settings import Settings
from app.store.api_keys import KeyStore
from app.store.organisations import OrgStore
from tests.servers import Valkey


async def clock_finding(valkey: Valkey, ahead_seconds: float) -> Finding:
    """What is said where this machine's clock is ahead of the store's."""
    import time

    settings = Settings(store_url=valkey.url)
    found = await examine_store(settings, lambda: time.time() + ahead_seconds)
    return next(finding for finding in found if finding.check == "clock")


@pytest.mark.parametrize(
    ("ahead", "verdict", "says"),
    [
        (0, Verdict.OK, "agree"),
        (30, Verdict.WARNING, "behind"),
        (-30, Verdict.WARNING, "ahead"),
        (3600, Verdict.FAULT, "behind"),
    ],
)
async def test_a_wrong_clock_is_named(
    valkey: Valkey, ahead: float, verdict: Verdict, says: str
) -> None:
    """The further off, the worse."""
    found = await clock_finding(valkey, ahead)
    assert found.verdict is verdict
    assert says in found.text


@pytest.mark.parametrize("file", ["memory.max", "memory/memory.limit_in_bytes"])
def test_a_containers_memory_counts(tmp_path: Path, file: str) -> None:
    """Whichever way the kernel tells it."""
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(f"{200 * 2**20}\n")
    assert "200 MiB" in examine_memory(Settings(), tmp_path).text
    assert examine_memory(Settings(), tmp_path).verdict is Verdict.FAULT
    (tmp_path / file).write_text("max\n")
    assert examine_memory(Settings(), tmp_path).verdict is Verdict.OK


async def test_a_destination_that_keeps_the_probe_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Captures can be written there; the line says where the probe lies."""

    async def refuse(_: Sinks, path: str) -> None:
        raise SinkError(path, "permission denied")

    monkeypatch.setattr(Sinks, "remove", refuse)
    found = await examine_sink(Settings(capture_case_path=str(tmp_path / "{sessionId}.json")))
    assert found.verdict is Verdict.WARNING
    assert str(tmp_path / "doctor-") in found.text


async def test_a_runtime_that_asks_for_keys_needs_some(real_client: Redis) -> None:
    """First an organisation, then a key of it; then their numbers are told."""
    found = await examine_keys(real_client)
    assert found.verdict is Verdict.WARNING
    assert "there is no organisation" in found.text
    await OrgStore(real_client).create("acme", "free", {})
    found = await examine_keys(real_client)
    assert found.verdict is Verdict.WARNING
    assert "there is no key" in found.text
    for _ in range(2):
        await KeyStore(real_client).create("acme", "live")
    assert await examine_keys(real_client) == ("keys", Verdict.OK, "1 organisation, 2 keys")


@pytest.mark.parametrize("auth", ["none", "keys"])
async def test_keys_are_looked_at_where_they_are_asked_for(
    valkey: Valkey, auth: Literal["none", "keys"]
) -> None:
    """And nowhere else."""
    path = "cases/{org}/{sessionId}.json"
    settings = Settings(store_url=valkey.url, auth=auth, capture_case_path=path)
    checks = [finding.check for finding in await examine_store(settings)]
    assert ("keys" in checks) == (auth == "keys")

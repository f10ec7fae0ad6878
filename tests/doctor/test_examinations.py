"""What no real set-up in a test can show: a wrong clock, a container's memory, a keen bucket."""

from pathlib import Path
from typing import Literal

import pytest
from redis.asyncio import Redis

from app.captures.sink import SinkError
from app.captures.sinks import Sinks
from app.cli.examinations.environment import examine_settings
from app.cli.examinations.finding import Finding, Verdict
from app.cli.examinations.keys import examine_keys
from app.cli.examinations.machine import examine_memory
from app.cli.examinations.quotas import examine_quotas
from app.cli.examinations.sink import examine_sink
from app.cli.examinations.store import examine_store
from app.settings import Settings
from app.store.api_keys import KeyStore
from app.store.organisations import OrgStore
from tests.servers import Valkey, free_port


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


CASES = "cases/{org}/{sessionId}.json"
KEYS = Settings(auth="keys", capture_case_path=CASES)


async def test_a_runtime_that_asks_for_keys_needs_some(real_client: Redis) -> None:
    """First an organisation, then a key of it; then their numbers are told."""
    found = await examine_keys(real_client, KEYS)
    assert found.verdict is Verdict.WARNING
    assert "there is no organisation" in found.text
    await OrgStore(real_client).create("acme", "free", {})
    found = await examine_keys(real_client, KEYS)
    assert found.verdict is Verdict.WARNING
    assert "there is no key" in found.text
    for _ in range(2):
        await KeyStore(real_client).create("acme", "live")
    told = ("keys", Verdict.OK, "1 organisation, 2 keys")
    assert await examine_keys(real_client, KEYS) == told


async def test_keys_that_nothing_asks_for_are_a_warning(real_client: Redis) -> None:
    """A replica whose SOFTPROBE_AUTH was forgotten lets in whoever reaches it."""
    assert (await examine_keys(real_client, Settings())).verdict is Verdict.OK
    await OrgStore(real_client).create("acme", "free", {})
    await KeyStore(real_client).create("acme", "live")
    found = await examine_keys(real_client, Settings())
    assert found.verdict is Verdict.WARNING
    assert found.text.startswith("the store holds 1 key, but none is asked for here")


@pytest.mark.parametrize(
    ("quotas", "verdict", "text"),
    [
        ("", Verdict.OK, "none: SOFTPROBE_QUOTAS is empty, so nothing is limited or counted"),
        ("open_sessions=3,bytes_per_month=9", Verdict.OK, "open_sessions=3, bytes_per_month=9"),
        ("enterprise", Verdict.OK, "the tier enterprise limits nothing; all is counted"),
        ("open_sessions=0", Verdict.WARNING, "lets no session be made: open_sessions is 0"),
    ],
)
async def test_the_limits_of_the_setting_are_told(
    real_client: Redis, quotas: str, verdict: Verdict, text: str
) -> None:
    """Also that there are none; a limit of 0 is likely a mistake."""
    found = await examine_quotas(real_client, Settings(quotas=quotas))
    assert (found.check, found.verdict) == ("quotas", verdict)
    assert found.text.removeprefix("SOFTPROBE_QUOTAS ") == text


async def test_the_limits_of_organisations_are_told_in_sum(real_client: Redis) -> None:
    """By tier, as there may be thousands; one that was shut out with a limit of 0 is counted."""
    assert (await examine_quotas(real_client, KEYS)).verdict is Verdict.SKIPPED
    orgs = OrgStore(real_client)
    await orgs.create("acme", "team", {"open_sessions": 7})
    await orgs.create("beta", "free", {"sessions_per_month": 0})
    await orgs.create("gamma", "free", {})
    found = await examine_quotas(real_client, KEYS)
    assert found.verdict is Verdict.OK
    assert found.text == (
        "1 of tier team, 2 of tier free; 2 with limits of their own, "
        "1 with one of 0, which lets no session be made"
    )


@pytest.mark.parametrize("auth", ["none", "keys"])
async def test_keys_and_quotas_are_looked_at_whatever_is_asked_for(
    valkey: Valkey, auth: Literal["none", "keys"]
) -> None:
    """Each has its one line."""
    settings = Settings(store_url=valkey.url, auth=auth, capture_case_path=CASES)
    checks = [finding.check for finding in await examine_store(settings)]
    assert checks[-2:] == ["keys", "quotas"]


async def test_a_store_that_is_away_is_said_in_the_same_words_of_all_that_needs_it() -> None:
    """Keys and quotas too."""
    settings = Settings(store_url=f"redis://127.0.0.1:{free_port()}")
    _, *rest = await examine_store(settings)
    assert {(found.verdict, found.text) for found in rest} == {
        (Verdict.SKIPPED, "the store does not answer")
    }
    assert [found.check for found in rest][-2:] == ["keys", "quotas"]


@pytest.mark.parametrize(("bound", "is_told"), [("8", False), ("9", True)])
def test_a_default_that_is_written_out_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, bound: str, is_told: bool
) -> None:
    """The chart sets the bound of calls at once with keys and without; another one was meant."""
    monkeypatch.setenv("SOFTPROBE_ORG_CONCURRENCY", bound)
    _, found = examine_settings({})
    assert ("fairness" in [finding.check for finding in found]) == is_told

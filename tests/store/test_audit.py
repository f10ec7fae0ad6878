"""The audit streams in the store."""

import pytest
from redis.asyncio import Redis

from app.store import audit
from app.store.audit import AuditStore, Deed
from app.store.keys import audit_keys


async def test_deeds_are_told_oldest_first_with_their_times(client: Redis) -> None:
    """The newest so many, of one organisation alone."""
    store = AuditStore(client)
    deeds = [Deed("key_1", "session.create", f"sess_{number}", "r") for number in range(5)]
    for deed in deeds:
        await store.append("acme", deed)
    await store.append("other", Deed("key_2", "session.close", "sess_9"))
    found = await store.newest("acme", 3)
    assert [noted.deed for noted in found] == deeds[-3:]
    seconds, _ = await client.time()
    assert all(abs(noted.at_ms - seconds * 1000) < 600_000 for noted in found)
    assert await store.newest("nobody", 3) == []


async def test_a_stream_is_capped_and_expires(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """About so many entries are kept: whole blocks of them go."""
    monkeypatch.setattr(audit, "KEPT", 100)
    store = AuditStore(client)
    for number in range(500):
        await store.append("acme", Deed("key_1", "session.create", str(number)))
    found = await store.newest("acme", 10_000)
    assert 100 <= len(found) <= 300
    assert found[-1].deed.subject == "499"
    assert 0 < await client.pttl(audit_keys("acme").audit) <= audit.STREAM_MS

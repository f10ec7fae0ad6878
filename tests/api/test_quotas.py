"""Quotas as callers meet them: headers on what is counted, refusals, and what is used."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis

from app.quotas.limits import QUOTAS, TIERS
from app.store.keys import org_quota_keys, org_record_keys
from tests.api import otlp
from tests.api.schemas import assert_valid
from tests.api.test_envelope import assert_envelope
from tests.servers import Replica, Response, Valkey, wait_until

ORG = "default"
DATABASE = 5
POLICY = (
    '"sessions_per_minute";q=60;w=60, "sessions_per_month";q=5000;w={0}, '
    '"open_sessions";q=100;qu="concurrent-requests", '
    '"bytes_per_month";q=50000000;qu="content-bytes";w={0}'
)


class Limited:
    """A replica that counts, and its store."""

    def __init__(self, replica: Replica, client: Any) -> None:
        self.replica = replica
        self.client = client

    def limit(self, **limits: int) -> None:
        """Give the organisation limits of its own."""
        own = {f"limit:{name}": limit for name, limit in limits.items()}
        self.client.hset(org_record_keys(ORG).org, mapping=own)

    def usage(self) -> dict[str, dict[str, Any]]:
        """What is used, by quota."""
        answer = self.replica.get("/v1/usage")
        assert answer.status == 200
        assert_valid("usage.response.schema.json", answer.json())
        return {line["name"]: line for line in answer.json()["quotas"]}

    def used(self) -> list[int]:
        """What is used of each quota, in order."""
        usage = self.usage()
        return [usage[name]["used"] for name in QUOTAS]

    def create(self, mode: str = "replay") -> Response:
        """Try to open a session."""
        return self.replica.post("/v1/sessions", {"mode": mode})


@pytest.fixture(scope="module")
def replica(store: Valkey, house: Path) -> Iterator[Replica]:
    """A replica whose one organisation has the free tier's limits."""
    url = f"redis://127.0.0.1:{store.port}/{DATABASE}"
    with Replica(house, store_url=url, quotas="free") as started:
        yield started


@pytest.fixture
def limited(replica: Replica, store: Valkey) -> Iterator[Limited]:
    """The replica over an empty store."""
    with redis.Redis(port=store.port, db=DATABASE) as client:
        client.flushdb()
        yield Limited(replica, client)


def items(value: str) -> dict[str, dict[str, int]]:
    """The items of a `RateLimit` header with their numbers."""
    found = re.findall(r'"([a-z_]+)"((?:;[a-z]+=(?:\d+|"[a-z-]+"))+)', value)
    return {
        name: {key: int(number) for key, number in re.findall(r";([a-z]+)=(\d+)", rest)}
        for name, rest in found
    }


def test_a_create_tells_what_is_left(limited: Limited) -> None:
    """The policy and the service limits of the draft, on a 201 too."""
    answer = limited.create()
    assert answer.status == 201
    window = items(answer.headers["ratelimit-policy"])["sessions_per_month"]["w"]
    assert answer.headers["ratelimit-policy"] == POLICY.format(window)
    left = items(answer.headers["ratelimit"])
    assert [left[name]["r"] for name in QUOTAS] == [59, 4999, 99, 50_000_000]
    assert left["sessions_per_minute"]["t"] == 60
    assert "t" not in left["open_sessions"]


def test_usage_tells_every_quota(limited: Limited) -> None:
    """Limits, what is used, and when it becomes less."""
    limited.create()
    answer = limited.replica.get("/v1/usage").json()
    assert (answer["org"], answer["tier"]) == (ORG, "free")
    usage = limited.usage()
    assert [usage[name]["limit"] for name in QUOTAS] == list(TIERS["free"].values())
    assert [usage[name]["used"] for name in QUOTAS] == [1, 1, 1, 0]
    assert usage["open_sessions"]["resetsAt"] is None
    minute = datetime.fromisoformat(usage["sessions_per_minute"]["resetsAt"])
    month = datetime.fromisoformat(usage["bytes_per_month"]["resetsAt"])
    assert (month.day, month.hour, month.minute, month.tzinfo) == (1, 0, 0, UTC)
    assert minute <= month


@pytest.mark.parametrize("name", QUOTAS[:3])
def test_over_a_quota_a_create_is_429_and_names_it(limited: Limited, name: str) -> None:
    """With `Retry-After`, and with the headers of all quotas; nothing is charged."""
    limited.limit(**{name: 1})
    assert limited.create().status == 201
    refused = limited.create()
    assert_envelope(refused, 429, "quota_exceeded")
    assert f"{name} (1 of 1)" in refused.json()["message"]
    left = items(refused.headers["ratelimit"])
    assert left[name]["r"] == 0
    assert int(refused.headers["retry-after"]) >= left[name].get("t", 1)
    assert limited.used() == [1, 1, 1, 0]


def test_a_close_makes_room_for_another_session(limited: Limited) -> None:
    """Of what is open at the moment."""
    limited.limit(open_sessions=2)
    for mode in ("capture", "replay"):
        for _ in range(2):
            assert limited.create(mode).status == 201
        assert limited.create().status == 429
        for listed in limited.replica.get("/v1/sessions").json()["sessions"]:
            closed = limited.replica.post(f"/v1/sessions/{listed['sessionId']}/close")
            assert closed.status == 200
        assert limited.used()[2] == 0


def test_a_limit_that_is_changed_holds_at_once(limited: Limited) -> None:
    """No replica is restarted."""
    limited.limit(sessions_per_month=1)
    limited.create()
    assert limited.create().status == 429
    limited.limit(sessions_per_month=2)
    assert limited.create().status == 201
    assert limited.usage()["sessions_per_month"]["limit"] == 2


@pytest.mark.parametrize("media", otlp.MEDIA)
def test_an_upload_over_the_bytes_is_a_partial_success(limited: Limited, media: Any) -> None:
    """What is over is counted and explained, and never 429; what fits is kept."""
    session_id = limited.replica.create("capture")
    body = {"http.response.body": "x" * 3000}
    limited.limit(bytes_per_month=4000)
    first, second = (otlp.observed(session_id, body) for _ in range(2))
    kept = otlp.upload(limited.replica, first, media=media)
    assert otlp.export_result(kept) == (0, "")
    used = limited.used()[3]
    assert 3000 < used < 4000
    assert items(kept.headers["ratelimit"]) == {
        "bytes_per_month": items(kept.headers["ratelimit"])["bytes_per_month"] | {"r": 4000 - used}
    }
    refused = otlp.upload(limited.replica, first, second, media=media)
    assert refused.status == 200
    assert otlp.export_result(refused) == (
        1,
        "1 refused: over the organisation's quota bytes_per_month",
    )
    assert limited.used()[3] == used
    limited.limit(bytes_per_month=used)
    assert_envelope(limited.create(), 429, "quota_exceeded")


def test_bodies_that_are_handed_out_are_counted_and_never_refused(limited: Limited) -> None:
    """A proxy that fails open would let tests out into the world."""
    session_id = otlp.mocked(limited.replica)
    limited.limit(bytes_per_month=1)
    answer = otlp.ask(limited.replica, session_id, otlp.hop())
    assert answer.status == 200
    size = len(otlp.body_of(otlp.hit(answer)))
    again = otlp.ask(limited.replica, session_id, otlp.hop(), otlp.PROTOBUF)
    assert again.status == 200
    wait_until(lambda: limited.used()[3] == 2 * size, "the bytes to be counted")


def test_refusals_are_in_the_metrics_by_quota(limited: Limited) -> None:
    """Without the organisation's name."""

    def count(name: str) -> float:
        text = limited.replica.get("/metrics").body.decode()
        series = f'softprobe_quota_refusals_total{{quota="{name}"}}'
        found = re.search(rf"^{re.escape(series)} (.*)$", text, re.MULTILINE)
        assert found
        return float(found[1])

    before = [count(name) for name in QUOTAS]
    limited.limit(open_sessions=0, sessions_per_month=0)
    limited.create()
    assert [count(name) - old for name, old in zip(QUOTAS, before, strict=True)] == [0, 1, 1, 0]


def test_every_key_of_the_counts_expires(limited: Limited) -> None:
    """But the organisation's record."""
    session_id = limited.replica.create("capture")
    otlp.upload(limited.replica, otlp.observed(session_id))
    kept = [key for key in org_quota_keys(ORG)[1:] if limited.client.exists(key)]
    assert len(kept) >= 4
    assert all(limited.client.pttl(key) > 0 for key in kept)


def test_where_nothing_is_counted_there_is_nothing_to_tell(runtime: Replica) -> None:
    """No quotas, no headers."""
    answer = runtime.get("/v1/usage")
    assert answer.json() == {"org": "default", "tier": None, "quotas": []}
    assert_valid("usage.response.schema.json", answer.json())
    created = runtime.post("/v1/sessions", {"mode": "replay"})
    assert created.status == 201
    assert not {"ratelimit", "ratelimit-policy"} & set(created.headers)

"""`softprobe-runtime orgs usage`: the same as `GET /v1/usage`, for who runs the service."""

from pathlib import Path

import pytest

from app.store.ids import new_session_id
from tests.hosted.operator import Operator
from tests.quotas.tenants import charged
from tests.servers import Valkey


@pytest.fixture
def operator(valkey: Valkey, tmp_path: Path) -> Operator:
    """Who runs the service."""
    return Operator(tmp_path, store_url=valkey.url)


def test_what_is_used_is_told_to_programs_and_people(operator: Operator, valkey: Valkey) -> None:
    """Every quota with its limit; asking changes nothing."""
    org = f"org-{new_session_id()[-8:].lower()}"
    operator.ask("orgs", "create", org, "--tier", "enterprise", "--limit", "open_sessions=1234")
    charged(valkey.url, org, 2)
    for _ in range(2):
        told = operator.ask("orgs", "usage", org)
        assert (told["org"], told["tier"]) == (org, "enterprise")
        lines = {line["name"]: (line["used"], line["limit"]) for line in told["quotas"]}
        assert lines == {
            "sessions_per_minute": (2, None),
            "sessions_per_month": (2, None),
            "open_sessions": (2, 1234),
            "bytes_per_month": (0, None),
        }
    table = operator.run("orgs", "usage", org).out.splitlines()
    assert table[0].split()[:3] == ["QUOTA", "USED", "LIMIT"]
    assert table[3].split() == ["open_sessions", "2", "1,234"]


def test_an_unknown_organisation_is_refused(operator: Operator) -> None:
    """In one line."""
    told = operator.run("orgs", "usage", "nobody")
    assert told.status == 2
    assert told.err.startswith("softprobe-runtime: there is no organisation 'nobody'")

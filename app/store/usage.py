"""Usage: what an organisation has used, as the API and the command line tell it."""

from typing import Any

from app.quotas.standing import Standing, Standings
from app.store.clock import rfc3339


def _line(standing: Standing) -> dict[str, Any]:
    return {
        "name": standing.name,
        "limit": standing.limit,
        "used": standing.used,
        # Up to the next whole second: not before it is so.
        "resetsAt": rfc3339(standing.resets_ms + 999) if standing.resets_ms else None,
    }


def usage_document(org: str, standings: Standings | None) -> dict[str, Any]:
    """The answer of `GET /v1/usage`.

    standings: None where nothing is counted.
    """
    tier, quotas = (standings.tier, standings.quotas) if standings else (None, ())
    return {"org": org, "tier": tier, "quotas": [_line(standing) for standing in quotas]}

"""How callers are told of quotas: the `RateLimit` headers, and the refusal.

The headers are those of draft-ietf-httpapi-ratelimit-headers-11: lists of structured fields, each
item named by its quota. A quota without a limit is not in them.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from app.errors import ApiError
from app.quotas.limits import BYTES_PER_MONTH, OPEN_SESSIONS
from app.quotas.standing import Standing, Standings

# The draft's names of what is counted, where it is no number of requests.
_UNITS = {BYTES_PER_MONTH: "content-bytes", OPEN_SESSIONS: "concurrent-requests"}
# When a caller at its limit of open sessions may ask again, in seconds: any may end at any time.
_SOON_SECONDS = 5
# A longer wait is told to people as a time of day.
_SHORT_SECONDS = 120


def _limited(standings: Standings) -> Iterable[Standing]:
    return (standing for standing in standings.quotas if standing.limit is not None)


def _policy(standing: Standing) -> str:
    text = f'"{standing.name}";q={standing.limit}'
    if unit := _UNITS.get(standing.name):
        text += f';qu="{unit}"'
    return text + (f";w={standing.window_ms // 1000}" if standing.window_ms else "")


def _left(standing: Standing, standings: Standings) -> str:
    text = f'"{standing.name}";r={standing.left}'
    if standing.resets_ms:
        text += f";t={standings.seconds_until(standing.resets_ms)}"
    return text


def rate_limit_headers(standings: Standings) -> dict[str, str]:
    """The two headers; none where there is no limit."""
    limited = list(_limited(standings))
    if not limited:
        return {}
    return {
        "ratelimit-policy": ", ".join(_policy(standing) for standing in limited),
        "ratelimit": ", ".join(_left(standing, standings) for standing in limited),
    }


def retry_after(standings: Standings) -> int:
    """After how many seconds there may be something left of all that is used up."""
    moments = [standing.resets_ms for standing in standings.used_up()]
    waits = [standings.seconds_until(at) if at else _SOON_SECONDS for at in moments]
    return max(waits, default=1)


def _advice(standings: Standings) -> str:
    """What to do about what is used up; a limit of 0 is never less used."""
    spent = standings.used_up()
    if any(standing.limit == 0 for standing in spent):
        return "a limit of 0 lets nothing in until it is raised"
    seconds = retry_after(standings)
    at = datetime.fromtimestamp(standings.now_ms // 1000 + seconds, UTC)
    when = f"in {seconds} s" if seconds <= _SHORT_SECONDS else f"at {at:%Y-%m-%dT%H:%M:%SZ}"
    if all(standing.name == OPEN_SESSIONS for standing in spent):
        return f"close a session, or try again {when}"
    return f"try again {when}"


def quota_exceeded(org: str, standings: Standings) -> ApiError:
    """The refusal of a call: it names every quota that is used up, and says what to do."""
    spent = ", ".join(f"{s.name} ({s.used} of {s.limit})" for s in standings.used_up())
    return ApiError(
        "quota_exceeded",
        f"the organisation '{org}' has used up {spent}: {_advice(standings)}",
        headers={"retry-after": str(retry_after(standings)), **rate_limit_headers(standings)},
    )

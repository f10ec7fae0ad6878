"""Limits: the quotas there are, the presets of the tiers, and how a setting says others.

A limit that is not there is none: enterprises have those that were set for them, and no others.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

SESSIONS_PER_MINUTE = "sessions_per_minute"
SESSIONS_PER_MONTH = "sessions_per_month"
OPEN_SESSIONS = "open_sessions"
BYTES_PER_MONTH = "bytes_per_month"
# In the order in which they are told, everywhere; `standings.lua` has them in the same order.
QUOTAS = (SESSIONS_PER_MINUTE, SESSIONS_PER_MONTH, OPEN_SESSIONS, BYTES_PER_MONTH)

Limits = Mapping[str, int]

# What the scripts call the tier of an organisation that has no record of its own.
NO_TIER = "default"
FREE = "free"
TIERS: Mapping[str, Limits] = {
    FREE: dict(zip(QUOTAS, (60, 5_000, 100, 50 * 10**6), strict=True)),
    "team": dict(zip(QUOTAS, (600, 500_000, 5_000, 10 * 10**9), strict=True)),
    "enterprise": {},
}
# More than this is a mistake: a structured field, as which callers are told of it, has no larger
# number, and what the store counts up to without loss is not far.
LARGEST = 10**15 - 1

_ACCEPTED = (
    f"a preset ({', '.join(TIERS)}) or limits such as {SESSIONS_PER_MINUTE}=60,{OPEN_SESSIONS}=100 "
    f"(of {', '.join(QUOTAS)}; whole numbers below 10^15)"
)


class Plan(NamedTuple):
    """What limits hold for whom.

    presets: the limits of each tier; of `NO_TIER` for organisations without a record.
    tier: what the tier of those is called in an answer; None if it has no name.
    """

    presets: Mapping[str, Limits]
    tier: str | None = None

    def text(self) -> str:
        """The presets as the scripts read them."""
        return "".join(_written(self.presets))


# The plan where organisations have records with their own tier and limits; one whose record a
# failover has lost is held to the least.
BY_ORGANISATION = Plan({**TIERS, NO_TIER: TIERS[FREE]})


def held_to(kind: str) -> str:
    """The tier whose limits bound a call besides its organisation's; empty for none.

    kind: that of the caller's key.
    """
    return FREE if kind == "test" else ""


def _written(presets: Mapping[str, Limits]) -> Iterator[str]:
    for tier, limits in presets.items():
        for name, limit in limits.items():
            yield f" {tier}.{name}={limit}"


def read_limits(assignments: Iterable[str]) -> dict[str, int]:
    """Limits written as `name=number`. Raises ValueError with what is accepted."""
    limits: dict[str, int] = {}
    for assignment in assignments:
        match = re.fullmatch(r"\s*([a-z_]+)\s*=\s*([0-9]{1,16})\s*", assignment)
        if not match or match[1] not in QUOTAS or match[1] in limits or int(match[2]) > LARGEST:
            raise ValueError(_ACCEPTED)
        limits[match[1]] = int(match[2])
    return limits


def read_plan(text: str) -> Plan | None:
    """The plan that a setting names; None for an empty one: nothing is limited or counted.

    Raises ValueError with what is accepted.
    """
    text = text.strip()
    if not text:
        return None
    if text in TIERS:
        return Plan({**TIERS, NO_TIER: TIERS[text]}, text)
    return Plan({**TIERS, NO_TIER: read_limits(text.split(","))})

"""An organisation: its name, its tier, and its limits of its own."""

import re
from typing import NamedTuple

# It stands in keys, in captures' paths and in log lines.
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class Organisation(NamedTuple):
    """An organisation's record.

    created_ms: ms since the epoch. limits: those of its own, by the quota's name.
    """

    org: str
    tier: str
    created_ms: int
    limits: dict[str, int]


def is_org_name(text: str) -> bool:
    """Whether an organisation may be called so."""
    return _NAME.fullmatch(text) is not None

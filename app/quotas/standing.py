"""Standings: how much of each quota an organisation has used at a moment of the store's clock."""

from collections.abc import Sequence
from typing import NamedTuple

from app.quotas.limits import QUOTAS


class Standing(NamedTuple):
    """One quota.

    limit: None for none. used: more than the limit where that was lowered since.
    resets_ms: when what is used becomes less by itself, in ms since the epoch; 0 for never.
    window_ms: over how long is counted, in ms; 0 where it is what there is at the moment.
    """

    name: str
    limit: int | None
    used: int
    resets_ms: int
    window_ms: int

    @property
    def left(self) -> int:
        """What is left; only for a quota with a limit."""
        return max(0, (self.limit or 0) - self.used)

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more is given."""
        return self.limit is not None and self.used >= self.limit


class Standings(NamedTuple):
    """All quotas of an organisation.

    tier: None for one that has no name. now_ms: the store's clock, in ms since the epoch.
    """

    tier: str | None
    now_ms: int
    quotas: tuple[Standing, ...]

    def used_up(self) -> list[Standing]:
        """Those of which nothing is left."""
        return [standing for standing in self.quotas if standing.is_used_up]

    def only(self, *names: str) -> "Standings":
        """Some of them."""
        kept = tuple(standing for standing in self.quotas if standing.name in names)
        return self._replace(quotas=kept)

    def seconds_until(self, moment_ms: int) -> int:
        """Whole seconds until a moment, at least 1."""
        return max(1, -(-(moment_ms - self.now_ms) // 1000))


def read_standings(told: Sequence[bytes | int], tier: str | None) -> Standings:
    """Standings as the scripts tell them: tier, clock, then four values a quota.

    tier: what is to be said of an organisation without a record.
    """
    named, now, *values = (value.decode() if isinstance(value, bytes) else value for value in told)
    quotas = tuple(
        Standing(name, None if limit == "" else int(limit), int(used), int(resets), int(window))
        for name, limit, used, resets, window in zip(
            QUOTAS, values[::4], values[1::4], values[2::4], values[3::4], strict=True
        )
    )
    return Standings(str(named) or tier, int(now), quotas)

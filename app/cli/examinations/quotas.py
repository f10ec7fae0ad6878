"""Quotas: what is limited, and whether anything is let in at all."""

from collections import Counter
from collections.abc import Iterable, Mapping

from redis.asyncio import Redis

from app.cli.examinations.finding import Finding, ok, skipped, warning
from app.errors import ApiError
from app.quotas.limits import NO_TIER, Plan
from app.settings import Settings
from app.store.organisation import Organisation
from app.store.organisations import OrgStore


def _nothing(limits: Mapping[str, int]) -> list[str]:
    """The quotas of which there is nothing, so that no session can be made."""
    return [name for name, limit in limits.items() if limit == 0]


def _of_setting(plan: Plan) -> Finding:
    limits = plan.presets[NO_TIER]
    if closed := _nothing(limits):
        names = ", ".join(closed)
        return warning("quotas", f"SOFTPROBE_QUOTAS lets no session be made: {names} is 0")
    told = ", ".join(f"{name}={limit}" for name, limit in limits.items())
    return ok("quotas", told or f"the tier {plan.tier} limits nothing; all is counted")


def _of_organisations(orgs: Iterable[Organisation]) -> str:
    orgs = list(orgs)
    tiers = Counter(org.tier for org in orgs)
    told = ", ".join(f"{count} of tier {tier}" for tier, count in tiers.items())
    if own := sum(bool(org.limits) for org in orgs):
        told += f"; {own} with limits of their own"
    if closed := sum(bool(_nothing(org.limits)) for org in orgs):
        told += f", {closed} with one of 0, which lets no session be made"
    return told


async def examine_quotas(client: Redis, settings: Settings) -> Finding:
    """Which limits hold: those of the organisations, of the setting, or none."""
    if settings.plan is None:
        return ok("quotas", "none: SOFTPROBE_QUOTAS is empty, so nothing is limited or counted")
    if not settings.asks_for_keys:
        return _of_setting(settings.plan)
    try:
        orgs = await OrgStore(client).every()
    except ApiError as error:
        return skipped("quotas", error.message)
    return ok("quotas", _of_organisations(orgs)) if orgs else skipped("quotas", "no organisation")

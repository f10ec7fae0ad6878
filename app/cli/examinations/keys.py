"""Organisations and keys: whether anybody can call a runtime that asks for keys."""

from redis.asyncio import Redis

from app.cli.examinations.finding import Finding, ok, skipped, warning
from app.errors import ApiError
from app.store.api_keys import KeyStore
from app.store.organisations import OrgStore


async def examine_keys(client: Redis) -> Finding:
    """How many there are; without any no call is let in."""
    try:
        orgs, keys = len(await OrgStore(client).every()), await KeyStore(client).count()
    except ApiError as error:
        return skipped("keys", error.message)
    if not orgs:
        return warning("keys", "there is no organisation: `orgs create` makes one, then a key")
    if not keys:
        return warning("keys", "there is no key, so no call is let in: `keys create` makes one")
    return ok("keys", f"{orgs} organisation{'s' * (orgs > 1)}, {keys} key{'s' * (keys > 1)}")

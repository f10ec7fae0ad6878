"""Organisations and keys: whether anybody can call a runtime that asks for keys."""

from redis.asyncio import Redis

from app.cli.examinations.finding import Finding, ok, skipped, warning
from app.errors import ApiError
from app.settings import Settings
from app.store.api_keys import KeyStore
from app.store.organisations import OrgStore


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


async def _asked_for(client: Redis) -> Finding:
    orgs, keys = len(await OrgStore(client).every()), await KeyStore(client).count()
    if not orgs:
        return warning("keys", "there is no organisation: `orgs create` makes one, then a key")
    if not keys:
        return warning("keys", "there is no key, so no call is let in: `keys create` makes one")
    return ok("keys", f"{_count(orgs, 'organisation')}, {_count(keys, 'key')}")


async def _not_asked_for(client: Redis) -> Finding:
    """Where others on this store ask for keys, a replica that does not is a way around them."""
    if keys := await KeyStore(client).count():
        return warning(
            "keys",
            f"the store holds {_count(keys, 'key')}, but none is asked for here: set "
            "SOFTPROBE_AUTH=keys as on the other replicas, or revoke them",
        )
    return ok("keys", "none are asked for, and the store holds none")


async def examine_keys(client: Redis, settings: Settings) -> Finding:
    """How many there are; without any no call is let in, and unasked for they keep nobody out."""
    try:
        return await (_asked_for if settings.asks_for_keys else _not_asked_for)(client)
    except ApiError as error:
        return skipped("keys", error.message)

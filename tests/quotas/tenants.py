"""Organisations with a key each, written down in a store as the command line would."""

import asyncio
from collections.abc import Mapping

from app.quotas.limits import BY_ORGANISATION
from app.store.api_keys import KeyStore
from app.store.connection import connect
from app.store.ids import new_session_id
from app.store.organisations import OrgStore
from app.store.quotas import QuotaStore


async def _write(url: str, tiers: Mapping[str, str], kind: str) -> dict[str, str]:
    client = connect(url)
    try:
        orgs, keys = OrgStore(client), KeyStore(client)
        made = {}
        for org, tier in tiers.items():
            await orgs.create(org, tier, {})
            made[org] = (await keys.create(org, kind)).key
        return made
    finally:
        await client.aclose()


def tenants(url: str, tiers: Mapping[str, str], kind: str = "live") -> dict[str, dict[str, str]]:
    """The headers with which each of some organisations calls.

    url: the store's. tiers: by organisation; one that is there already gets another key.
    """
    keys = asyncio.run(_write(url, tiers, kind))
    return {org: {"authorization": f"Bearer {key}"} for org, key in keys.items()}


async def _charge(url: str, org: str, count: int) -> None:
    client = connect(url)
    try:
        quotas = QuotaStore(client, BY_ORGANISATION)
        for _ in range(count):
            assert (await quotas.take(org, new_session_id(), "")).is_charged
    finally:
        await client.aclose()


def charged(url: str, org: str, count: int) -> None:
    """Charge an organisation for some creates."""
    asyncio.run(_charge(url, org, count))

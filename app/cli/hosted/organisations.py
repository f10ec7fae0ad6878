"""`softprobe-runtime orgs`: make, change and list organisations."""

from argparse import Namespace

from redis.asyncio import Redis

from app.cli.hosted.answer import Answer, RefusedError, moment, table
from app.store.audit import COMMAND_LINE, AuditStore, Deed
from app.store.organisation import Organisation
from app.store.organisations import OrgStore

_HEADS = ("ORG", "TIER", "CREATED", "LIMITS OF ITS OWN")


def unknown(org: str) -> RefusedError:
    """The refusal of a name that no organisation has."""
    return RefusedError(
        f"there is no organisation {org!r}: `orgs list` shows them, `orgs create` makes one"
    )


def _data(found: Organisation) -> dict[str, object]:
    return {
        "org": found.org,
        "tier": found.tier,
        "createdAt": moment(found.created_ms),
        "limits": found.limits,
    }


def _limits(found: Organisation) -> str:
    return " ".join(f"{name}={limit}" for name, limit in found.limits.items())


async def _told(client: Redis, org: str, action: str) -> Answer:
    """An organisation after it was made or changed, which is noted."""
    await AuditStore(client).append(org, Deed(COMMAND_LINE, action, org))
    found = await OrgStore(client).find(org)
    if found is None:
        raise unknown(org)
    text = f"{found.org}: tier {found.tier}" + (f", {_limits(found)}" if found.limits else "")
    return Answer(_data(found), text)


async def create(client: Redis, asked: Namespace) -> Answer:
    """Make an organisation."""
    limits = {name: limit for name, limit in asked.limit if limit is not None}
    if not await OrgStore(client).create(asked.org, asked.tier, limits):
        raise RefusedError(f"there is an organisation {asked.org!r} already: `orgs set` changes it")
    return await _told(client, asked.org, "org.create")


async def change(client: Redis, asked: Namespace) -> Answer:
    """Change an organisation's tier and limits, for all replicas at once."""
    if not asked.tier and not asked.limit:
        raise RefusedError("nothing to set: give --tier, --limit or both")
    if not await OrgStore(client).change(asked.org, asked.tier or "", dict(asked.limit)):
        raise unknown(asked.org)
    return await _told(client, asked.org, "org.set")


async def every(client: Redis, _: Namespace) -> Answer:
    """All organisations."""
    found = await OrgStore(client).every()
    rows = [(org.org, org.tier, moment(org.created_ms) or "", _limits(org)) for org in found]
    none = "there is no organisation yet: `orgs create NAME --tier free` makes one"
    return Answer({"orgs": [_data(org) for org in found]}, table(_HEADS, rows, none))

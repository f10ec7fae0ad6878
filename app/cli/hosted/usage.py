"""`softprobe-runtime orgs usage`: what an organisation has used of its quotas."""

from argparse import Namespace

from redis.asyncio import Redis

from app.cli.hosted.answer import Answer, table
from app.cli.hosted.organisations import unknown
from app.quotas.limits import BY_ORGANISATION
from app.store.organisations import OrgStore
from app.store.quotas import QuotaStore
from app.store.usage import usage_document

_HEADS = ("QUOTA", "USED", "LIMIT", "RESETS AT")


async def usage(client: Redis, asked: Namespace) -> Answer:
    """What is used at the moment; asking changes nothing."""
    if await OrgStore(client).find(asked.org) is None:
        raise unknown(asked.org)
    standings = await QuotaStore(client, BY_ORGANISATION).usage(asked.org, held_to="")
    told = usage_document(asked.org, standings)
    rows = [
        (
            str(line["name"]),
            f"{line['used']:,}",
            "none" if line["limit"] is None else f"{line['limit']:,}",
            str(line["resetsAt"] or ""),
        )
        for line in told["quotas"]
    ]
    return Answer(told, table(_HEADS, rows, none=""))

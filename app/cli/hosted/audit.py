"""`softprobe-runtime audit`: who did what in an organisation, and when."""

from argparse import Namespace

from redis.asyncio import Redis

from app.cli.hosted.answer import Answer, moment, table
from app.cli.hosted.organisations import unknown
from app.store.audit import AuditStore, Noted
from app.store.organisations import OrgStore

_HEADS = ("AT", "BY", "ACTION", "SUBJECT", "REQUEST")


def _data(noted: Noted) -> dict[str, object]:
    deed = noted.deed
    return {
        "at": moment(noted.at_ms),
        "by": deed.by,
        "action": deed.action,
        "subject": deed.subject,
        "requestId": deed.request_id or None,
    }


async def audit(client: Redis, asked: Namespace) -> Answer:
    """The newest deeds in an organisation, oldest first."""
    if await OrgStore(client).find(asked.org) is None:
        raise unknown(asked.org)
    lines = [_data(noted) for noted in await AuditStore(client).newest(asked.org, asked.count)]
    rows = [[str(cell or "") for cell in line.values()] for line in lines]
    text = table(_HEADS, rows, f"nothing has been done in {asked.org} yet")
    return Answer({"org": asked.org, "entries": lines}, text)

"""The audit streams: who did what and when, the newest deeds of each organisation."""

from typing import Any, NamedTuple

from redis.asyncio import Redis

from app.store import scripts
from app.store.faults import store_faults
from app.store.keys import audit_keys

# About how many deeds of an organisation are kept: the store cuts whole blocks of them.
KEPT = 10_000
# A stream's life after its last entry, in ms: a year.
STREAM_MS = 365 * 24 * 3600 * 1000
# Who did what no key did.
COMMAND_LINE = "command line"


class Deed(NamedTuple):
    """What somebody did.

    by: the id of the key that was presented, or `COMMAND_LINE`. action: such as `session.create`.
    subject: the id of the session, key or organisation. request_id: empty for a command.
    """

    by: str
    action: str
    subject: str
    request_id: str = ""


class Noted(NamedTuple):
    """A deed, and when it was noted by the store's clock, in ms since the epoch."""

    at_ms: int
    deed: Deed


def _noted(entry: Any) -> Noted:
    entry_id, held = entry
    fields = {name.decode(): value.decode() for name, value in held.items()}
    deed = Deed(*(fields.get(name, "") for name in Deed._fields))
    return Noted(int(entry_id.split(b"-")[0]), deed)


class AuditStore:
    """The streams of all organisations."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def append(self, org: str, deed: Deed) -> None:
        """Note a deed."""
        fields = [text for field in deed._asdict().items() for text in field]
        with store_faults():
            await scripts.append_audit(
                self._client, audit_keys(org), keep=KEPT, ttl_ms=STREAM_MS, fields=fields
            )

    async def newest(self, org: str, count: int) -> list[Noted]:
        """So many of the newest deeds at most, oldest first."""
        with store_faults():
            found: Any = await self._client.xrevrange(audit_keys(org).audit, count=count)
        return [_noted(entry) for entry in reversed(found)]

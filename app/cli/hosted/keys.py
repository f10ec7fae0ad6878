"""`softprobe-runtime keys`: make, list, rotate and revoke keys.

A key is printed once, when it is made, and is no argument of any command: it stands in no list of
processes and in no shell's history.
"""

from argparse import Namespace

from redis.asyncio import Redis

from app.cli.hosted.answer import Answer, RefusedError, moment, table
from app.cli.hosted.organisations import unknown
from app.store.api_keys import KeyRecord, KeyStore, NewKey, RetiredKey, UnknownKey
from app.store.audit import COMMAND_LINE, AuditStore, Deed
from app.store.organisations import OrgStore

_HEADS = ("ID", "ORG", "KIND", "PROJECT", "CREATED", "ENDS")


def _no_such_key(key_id: str) -> RefusedError:
    return RefusedError(f"there is no key {key_id!r}: `keys list` shows the ids of those that work")


async def _note(client: Redis, org: str, action: str, key_id: str) -> None:
    await AuditStore(client).append(org, Deed(COMMAND_LINE, action, key_id))


def _made(made: NewKey, more: str = "") -> Answer:
    note = f"{made.key_id} for {made.org} ({made.kind}): the key is shown this once{more}"
    data = {"id": made.key_id, "key": made.key, "org": made.org, "kind": made.kind}
    return Answer(data, made.key, note)


async def create(client: Redis, asked: Namespace) -> Answer:
    """Make a key for an organisation."""
    if asked.kind == "ci" and not asked.project:
        raise RefusedError("a ci key is bound to one project: name it with --project")
    if asked.project and asked.kind != "ci":
        raise RefusedError(f"a {asked.kind} key is bound to no project: leave --project out")
    if await OrgStore(client).find(asked.org) is None:
        raise unknown(asked.org)
    made = await KeyStore(client).create(asked.org, asked.kind, asked.project or "")
    await _note(client, made.org, "key.create", made.key_id)
    return _made(made)


def _data(record: KeyRecord) -> dict[str, object]:
    return {
        "id": record.key_id,
        "org": record.org,
        "kind": record.kind,
        "project": record.project or None,
        "createdAt": moment(record.created_ms),
        "expiresAt": moment(record.expires_ms),
    }


async def every(client: Redis, asked: Namespace) -> Answer:
    """The keys that work: of one organisation, or of all."""
    if asked.org and await OrgStore(client).find(asked.org) is None:
        raise unknown(asked.org)
    orgs = [asked.org] if asked.org else [found.org for found in await OrgStore(client).every()]
    found = [record for org in orgs for record in await KeyStore(client).of_org(org)]
    lines = [_data(record) for record in found]
    rows = [[str(cell or "") for cell in line.values()] for line in lines]
    return Answer({"keys": lines}, table(_HEADS, rows, "there is no key that works"))


async def rotate(client: Redis, asked: Namespace) -> Answer:
    """Make a key's successor; the key itself works on for a while."""
    try:
        made, ends_ms = await KeyStore(client).rotate(asked.id)
    except UnknownKey:
        raise _no_such_key(asked.id) from None
    except RetiredKey:
        raise RefusedError(
            f"key {asked.id!r} has been rotated before: rotate its successor"
        ) from None
    await _note(client, made.org, "key.rotate", asked.id)
    await _note(client, made.org, "key.create", made.key_id)
    return _made(made, f"; {asked.id} works until {moment(ends_ms)}")


async def revoke(client: Redis, asked: Namespace) -> Answer:
    """End a key on every replica."""
    try:
        record = await KeyStore(client).revoke(asked.id)
    except UnknownKey:
        raise _no_such_key(asked.id) from None
    await _note(client, record.org, "key.revoke", record.key_id)
    data = {"id": record.key_id, "org": record.org, "revoked": True}
    return Answer(data, f"{record.key_id} of {record.org} is revoked: within 5 s on every replica")

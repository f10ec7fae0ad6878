"""The keys of all organisations: made, found by their SHA-256, listed, rotated and revoked.

A key's record is the one truth, and its removal ends the key. The list of an organisation and the
index of ids, in slots of their own, are hints beside it: who reads them looks at the record too.
"""

from typing import Any, NamedTuple

from redis.asyncio import Redis

from app.store import scripts
from app.store.api_key import digest_of, new_key, new_key_id
from app.store.faults import store_faults
from app.store.keys import KEY_IDS, key_record_keys, org_key_index

# How long a key works on after it was rotated, in ms (hosted.md).
RETIREMENT_MS = 24 * 3600 * 1000

_FIELDS = ("digest", "id", "org", "kind", "project", "createdAt", "expiresAt")


class KeyRecord(NamedTuple):
    """What is written down of a key; times are ms since the epoch.

    digest: the SHA-256 of the key in hex. project: empty for a key that is bound to none.
    expires_ms: when a key that was rotated ends; 0 for one that was not.
    """

    digest: str
    key_id: str
    org: str
    kind: str
    project: str
    created_ms: int
    expires_ms: int


class NewKey(NamedTuple):
    """A key that was just made: the only time that it can be read."""

    key_id: str
    key: str
    org: str
    kind: str


class UnknownKey(Exception):  # noqa: N818 (an answer, not an error)
    """No key has this id."""


class RetiredKey(Exception):  # noqa: N818 (an answer, not an error)
    """The key has been rotated before."""


def _record(held: list[Any]) -> KeyRecord | None:
    if held[0] is None:
        return None
    digest, key_id, org, kind, project = (value.decode() if value else "" for value in held[:5])
    return KeyRecord(digest, key_id, org, kind, project, int(held[5] or 0), int(held[6] or 0))


class KeyStore:
    """The keys of all organisations."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def find(self, digest: str) -> KeyRecord | None:
        """The record of the key with this SHA-256, if it works."""
        with store_faults():
            held: Any = await self._client.hmget(key_record_keys(digest).key, _FIELDS)
        return _record(held)

    async def create(self, org: str, kind: str, project: str = "") -> NewKey:
        """Make a key. The lists come first: a key that worked unlisted could not be revoked.

        They come again afterwards: who lists the keys meanwhile takes out what has no record yet.
        """
        made = NewKey(new_key_id(), new_key(kind), org, kind)
        digest = digest_of(made.key.encode())
        fields = {"digest": digest, "id": made.key_id, "org": org, "kind": kind, "project": project}
        with store_faults():
            await self._list(org, made.key_id, digest)
            await scripts.create_key(
                self._client,
                key_record_keys(digest),
                fields=[text for field in fields.items() for text in field],
            )
            await self._list(org, made.key_id, digest)
        return made

    async def _list(self, org: str, key_id: str | bytes, digest: str | bytes) -> None:
        await self._client.hset(KEY_IDS, key_id, digest)
        await self._client.hset(org_key_index(org), key_id, digest)

    async def of_org(self, org: str) -> list[KeyRecord]:
        """The keys of an organisation that work, oldest first; what has ended is unlisted."""
        with store_faults():
            listed: Any = await self._client.hgetall(org_key_index(org))
            pipe = self._client.pipeline(transaction=False)
            for digest in listed.values():
                pipe.hmget(key_record_keys(digest.decode()).key, _FIELDS)
            rows = await pipe.execute() if listed else []
        found = [_record(held) for held in rows]
        await self._unlist_ended(
            org, [one for one, record in zip(listed.items(), found, strict=True) if record is None]
        )
        return sorted(filter(None, found), key=lambda record: (record.created_ms, record.key_id))

    async def _unlist_ended(self, org: str, ended: list[tuple[bytes, bytes]]) -> None:
        """Take out keys that have no record; those that were about to get it are put back."""
        await self._unlist(org, [key_id for key_id, _ in ended])
        for key_id, digest in ended:
            if await self.find(digest.decode()):
                with store_faults():
                    await self._list(org, key_id, digest)

    async def _unlist(self, org: str, key_ids: list[bytes]) -> None:
        if key_ids:
            with store_faults():
                await self._client.hdel(org_key_index(org), *key_ids)
                await self._client.hdel(KEY_IDS, *key_ids)

    async def count(self) -> int:
        """How many keys there are; those that ended since anybody listed them are counted too."""
        with store_faults():
            held: Any = await self._client.hgetall(KEY_IDS)
        return len(held)

    async def named(self, key_id: str) -> KeyRecord:
        """The key with this id. Raises UnknownKey."""
        with store_faults():
            digest: Any = await self._client.hget(KEY_IDS, key_id)
        record = await self.find(digest.decode()) if digest else None
        if record is None or record.key_id != key_id:
            raise UnknownKey
        return record

    async def rotate(self, key_id: str) -> tuple[NewKey, int]:
        """A key's successor, and when the key ends. Raises UnknownKey or RetiredKey.

        The successor is made first: at no time is there none that works.
        """
        old = await self.named(key_id)
        if old.expires_ms:
            raise RetiredKey
        made = await self.create(old.org, old.kind, old.project)
        with store_faults():
            reply = await scripts.retire_key(
                self._client, key_record_keys(old.digest), life_ms=RETIREMENT_MS
            )
        if reply.word != "ok":
            await self.revoke(made.key_id)
            raise UnknownKey if reply.word == "gone" else RetiredKey
        return made, int(reply.values[0])

    async def revoke(self, key_id: str) -> KeyRecord:
        """End a key, and give what it was. Raises UnknownKey."""
        record = await self.named(key_id)
        with store_faults():
            reply = await scripts.revoke_key(
                self._client, key_record_keys(record.digest), key_id=key_id
            )
        await self._unlist(record.org, [key_id.encode()])
        if reply.word != "ok":
            raise UnknownKey
        return record

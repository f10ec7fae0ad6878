"""Loaded cases in the store: put together beside the one before, then in its place at once.

A case is one hash: the pieces of its document, and what readers look up, which is not known here.
A large one comes in parts. Whoever puts it together may die: the parts then expire unseen.
"""

import secrets
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from redis.asyncio import Redis

from app.store import scripts
from app.store.faults import store_faults, unavailable
from app.store.ids import new_tag
from app.store.keys import loading_keys, session_keys
from app.store.script import Reply
from app.store.sessions import accepted

Field = tuple[bytes, bytes]

# How long parts are kept while the next one is being made, in ms.
PARTS_MS = 120_000
COMPRESSION = 1
# The document's pieces: how much goes into one, in bytes, and how many are read at a time.
PIECE_BYTES = 2**20
PIECES = 16


def document_fields(document: bytes) -> Iterator[Field]:
    """The fields of a case that hold its document."""
    stream = zlib.compressobj(COMPRESSION)
    count = 0
    for at in range(0, len(document), PIECE_BYTES):
        if piece := stream.compress(document[at : at + PIECE_BYTES]):
            yield b"d:%d" % count, piece
            count += 1
    yield b"d:%d" % count, stream.flush()
    yield b"d", b"%d" % (count + 1)


def _flat(fields: Sequence[Field]) -> list[bytes]:
    return [octets for field in fields for octets in field]


class Unindexed(Exception):  # noqa: N818 (an event, not an error)
    """The case lacks indexes that the session's rules need.

    ignores: what those rules ignore, as it was stored with them.
    lacking: the ids of that which no index is for.
    """

    def __init__(self, ignores: bytes, lacking: bytes) -> None:
        super().__init__()
        self.ignores = ignores
        self.lacking = lacking.decode().split()


class StaleCase(Exception):  # noqa: N818 (an event, not an error)
    """Another case has been loaded meanwhile."""


class Loading:
    """One load of a case, part by part.

    client: the connection. ttl_ms: a session's life after its last use.
    """

    def __init__(self, client: Redis, ttl_ms: int, org: str, session_id: str) -> None:
        self._client = client
        self._ttl_ms = ttl_ms
        self._session_id = session_id
        self._keys = loading_keys(org, session_id, secrets.token_hex(8))
        self._parts = 0

    async def stage(self, fields: Sequence[Field]) -> None:
        """Send a part that is not the last one. Raises as `finish` does."""
        with store_faults():
            reply = await scripts.stage_case(
                self._client, self._keys, life_ms=PARTS_MS, fields=_flat(fields)
            )
        accepted(reply, self._session_id)
        self._parts += 1

    async def finish(
        self, fields: Sequence[Field], *, case_id: str, trace_count: int, rules: str
    ) -> int:
        """Send the last part and load the case; gives the new revision.

        Raises Unindexed if the session's rules ignore something for which no part holds an index:
        it may be sent then. Raises `session_not_found`, or `close_in_progress` while a close is
        under way.
        """
        with store_faults():
            reply = await scripts.load_case(
                self._client,
                self._keys,
                case_id=case_id,
                trace_count=trace_count,
                rules=rules,
                parts=self._parts,
                life_ms=PARTS_MS,
                ttl_ms=self._ttl_ms,
                tag=new_tag(),
                fields=_flat(fields),
            )
        if reply.word == "unindexed":
            self._parts += 1
            raise Unindexed(*reply.values)
        if reply.word == "lost":
            raise unavailable()
        return int(accepted(reply, self._session_id)[0])


class CaseStore:
    """The loaded cases of all sessions, and the rules that need an index of them.

    client: the connection. ttl_ms: a session's life after its last use.
    """

    def __init__(self, client: Redis, ttl_ms: int) -> None:
        self._client = client
        self._ttl_ms = ttl_ms

    def loading(self, org: str, session_id: str) -> Loading:
        """A new load of a case into a session."""
        return Loading(self._client, self._ttl_ms, org, session_id)

    async def replace_rules(
        self,
        org: str,
        session_id: str,
        *,
        document: bytes,
        rule_count: int,
        ignores: bytes,
        ids: str,
    ) -> int:
        """Replace a session's rules; gives the new revision.

        ignores: what its replay rules ignore. ids: the ids of that, spaces between them.
        Raises Unindexed if the loaded case lacks one of these indexes, and as `Loading.finish`.
        """
        with store_faults():
            reply = await scripts.replace_rules(
                self._client,
                session_keys(org, session_id),
                document=document,
                rule_count=rule_count,
                ignores=ignores,
                ignore_ids=ids,
                ttl_ms=self._ttl_ms,
                tag=new_tag(),
            )
        if reply.word == "unindexed":
            raise Unindexed(ignores, *reply.values)
        return int(accepted(reply, session_id)[0])

    async def read(self, org: str, session_id: str) -> tuple[bytes, list[bytes]]:
        """The tag with which the session's case was loaded, and the pieces of its document.

        Raises StaleCase if another case takes its place meanwhile, or there is none.
        """
        keys = session_keys(org, session_id)
        with store_faults():
            tag = await self._tag(keys.session)
            held: Any = await self._client.hget(keys.case, "d")
            count = int(held or 0)
            pieces: list[Any] = []
            for at in range(0, count, PIECES):
                names = [b"d:%d" % number for number in range(at, min(at + PIECES, count))]
                pieces += await self._client.hmget(keys.case, names)
            if not count or None in pieces or tag != await self._tag(keys.session):
                raise StaleCase
        return tag, pieces

    async def _tag(self, key: str) -> bytes:
        held: Any = await self._client.hget(key, "caseTag")
        return held or b""

    async def extend(
        self, org: str, session_id: str, case_tag: bytes, fields: Sequence[Field]
    ) -> None:
        """Add fields to a loaded case. Raises StaleCase, and as `Loading.finish`.

        case_tag: the tag with which it was loaded.
        """
        with store_faults():
            reply: Reply = await scripts.extend_case(
                self._client,
                session_keys(org, session_id),
                case_tag=case_tag,
                fields=_flat(fields),
            )
        if reply.word == "stale":
            raise StaleCase
        accepted(reply, session_id)


def whole_document(pieces: Sequence[bytes]) -> bytes:
    """The document behind its pieces."""
    return zlib.decompress(b"".join(pieces))

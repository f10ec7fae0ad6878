"""Hits that change the store: a rule that answers once, and a recording that is handed out."""

from typing import NamedTuple

from redis.asyncio import Redis

from app.store import scripts
from app.store.faults import store_faults
from app.store.keys import session_keys
from app.store.script import Reply
from app.store.sessions import accepted


class Chosen(NamedTuple):
    """A rule of a session that was chosen for a hop.

    version: of the documents by which it was chosen.
    layer: `session` or `case`. place: where it stands there, from 0.
    once: whether it decides about one hop only.
    """

    version: str
    layer: str
    place: int
    once: bool


class Wanted(NamedTuple):
    """The recordings that agree with a hop, by the fields of the case that hold them.

    ignored: the id of what is ignored. port: what the hop names; empty for none.
    line: the field of the shapes; empty once they are regarded.
    """

    ignored: str
    port: str
    line: bytes
    fields: list[bytes]


class HitStore:
    """The claims and cursors of all sessions.

    client: the connection. ttl_ms: a session's life after its last use.
    """

    def __init__(self, client: Redis, ttl_ms: int) -> None:
        self._client = client
        self._ttl_ms = ttl_ms

    async def claim(self, org: str, session_id: str, rule: Chosen, *, is_hit: bool) -> str:
        """Claim a rule that decides once, and count it if it is a hit; `ok`, `spent` or `stale`.

        Raises `session_not_found`.
        """
        with store_faults():
            reply = await scripts.claim_rule(
                self._client,
                session_keys(org, session_id),
                version=rule.version,
                layer=rule.layer,
                rule=rule.place,
                is_hit=is_hit,
                ttl_ms=self._ttl_ms,
            )
        return _word(reply, session_id)

    async def take(
        self, org: str, session_id: str, rule: Chosen, wanted: Wanted
    ) -> tuple[str, bytes]:
        """Take the next recording, counted as a hit: a word and the bytes that go with it.

        The word is `ok` (with the answer), `shapes` (with them: to be regarded, then ask again),
        `none`, `spent` or `stale`. Raises `session_not_found`.
        """
        with store_faults():
            reply = await scripts.take_recording(
                self._client,
                session_keys(org, session_id),
                version=rule.version,
                layer=rule.layer,
                rule=str(rule.place) if rule.once else "",
                ignored=wanted.ignored,
                port=wanted.port,
                line=wanted.line,
                ttl_ms=self._ttl_ms,
                recordings=wanted.fields,
            )
        return _word(reply, session_id), reply.values[0] if reply.values else b""


def _word(reply: Reply, session_id: str) -> str:
    accepted(reply, session_id)
    return reply.word

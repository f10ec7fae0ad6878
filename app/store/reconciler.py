"""The reconciler: looks whether what is counted of an organisation is still so, and mends it.

Sessions lie in slots of their own, so that no script sees both them and their organisation's
counts. What a replica that was killed has left half done is found here: a create that was charged
and never made, a session that ended and is still counted, an upload that holds bytes.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from redis.asyncio import Redis

from app.store.clock import store_clock
from app.store.faults import store_faults
from app.store.keys import SCHEMA, org_quota_keys, session_keys
from app.store.quotas import RESERVED_MS, QuotaStore, Seen, session_of

BATCH = 512
_FIELDS = ("schema", "state", "grace", "capturedBytes", "forgotten")


class _Looked(NamedTuple):
    """What a session's key says: its fields, and how long it will be there yet, in ms."""

    schema: bytes | None
    state: bytes | None
    grace: bytes | None
    kept: bytes | None
    forgotten: bytes | None
    left_ms: int

    @property
    def is_there(self) -> bool:
        """Whether there is a key at all, if only the mark of a close."""
        return self.state is not None or self.schema is not None

    @property
    def is_open(self) -> bool:
        """Whether it takes calls; what another version wrote is left alone."""
        if self.schema not in (SCHEMA, None):
            return True
        return self.state in (b"open", b"closing") and self.left_ms > int(self.grace or 0)


class Reconciler:
    """Looks at sessions for the counts of their organisations.

    ttl_ms: a session's life after its last use.
    """

    def __init__(self, client: Redis, quotas: QuotaStore, ttl_ms: int) -> None:
        self._client = client
        self._quotas = quotas
        self._ttl_ms = ttl_ms

    async def look(self, org: str, unseen_ms: int = RESERVED_MS) -> int:
        """Look at what was not seen for so long; gives how much was mended.

        Charges and holds that are reserved are looked at after RESERVED_MS in any case.
        """
        with store_faults():
            now = await store_clock(self._client)
        return await self.look_at(org, now, unseen_ms)

    async def look_at(self, org: str, now_ms: int, unseen_ms: int = RESERVED_MS) -> int:
        """The same where the store's clock has just been told, in ms since the epoch."""
        mended = 0
        while True:
            reserved, live, holds = await self._doubtful(org, now_ms, unseen_ms)
            sessions = dict.fromkeys([*reserved, *live])
            looked = await self._states(org, {*sessions, *map(session_of, holds)})
            mended += await self._settle(org, {name: looked[name] for name in sessions}, now_ms)
            mended += await self._count(org, holds, looked)
            if max(map(len, (reserved, live, holds))) < BATCH:
                return mended

    async def is_counting(self, org: str) -> bool:
        """Whether there is anything that may have to be looked at later."""
        keys = org_quota_keys(org)
        with store_faults():
            pipe = self._client.pipeline(transaction=False)
            pipe.zcard(keys.live)
            pipe.zcard(keys.holds)
            return any(await pipe.execute())

    async def _doubtful(self, org: str, now_ms: int, unseen_ms: int) -> list[list[str]]:
        """Sessions that are reserved for long, those not seen for long, and holds: some of each."""
        keys = org_quota_keys(org)
        pipe = self._client.pipeline(transaction=False)
        for key, age_ms in (
            (keys.reserved, RESERVED_MS),
            (keys.live, unseen_ms),
            (keys.holds, RESERVED_MS),
        ):
            pipe.zrange(key, "-inf", now_ms - age_ms, byscore=True, offset=0, num=BATCH)
        with store_faults():
            answers: list[list[bytes]] = await pipe.execute()
        return [[member.decode() for member in found] for found in answers]

    async def _settle(self, org: str, looked: dict[str, _Looked], now_ms: int) -> int:
        if not looked:
            return 0
        seen = {name: Seen.OPEN if held.is_open else Seen.ENDED for name, held in looked.items()}
        seen |= {name: Seen.NEVER for name, held in looked.items() if held.forgotten}
        missing = [name for name, held in looked.items() if not held.is_there]
        for name in await self._never_created(org, missing, now_ms):
            seen[name] = Seen.NEVER
        return await self._quotas.settle(org, seen)

    async def _states(self, org: str, sessions: Iterable[str]) -> dict[str, _Looked]:
        names = list(sessions)
        if not names:
            return {}
        with store_faults():
            pipe = self._client.pipeline(transaction=False)
            for name in names:
                key = session_keys(org, name).session
                pipe.hmget(key, _FIELDS)
                pipe.pttl(key)
            answers: list[Any] = await pipe.execute()
        rows = zip(names, answers[::2], answers[1::2], strict=True)
        return {name: _Looked._make([*held, life]) for name, held, life in rows}

    async def _never_created(self, org: str, missing: list[str], now_ms: int) -> list[str]:
        """Those that are still reserved, and would be there yet if they had ever been."""
        if not missing:
            return []
        keys = org_quota_keys(org)
        with store_faults():
            pipe = self._client.pipeline(transaction=False)
            for name in missing:
                pipe.zscore(keys.reserved, name)
            charged = await pipe.execute()
        pairs = zip(missing, charged, strict=True)
        return [name for name, at in pairs if at is not None and now_ms - at < self._ttl_ms]

    async def _count(self, org: str, holds: list[str], looked: dict[str, _Looked]) -> int:
        """Settle what uploads hold that nobody goes on with."""
        for hold in holds:
            held = looked[session_of(hold)]
            await self._quotas.count(org, hold, int(held.kept or 0) if held.is_open else None)
        return len(holds)

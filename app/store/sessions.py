"""Sessions in the store: created, read, changed and renewed, whatever replica asks.

Every change is one script; every read is one round trip and strictly consistent. What a session's
documents mean is not known here: they are kept as the JSON text that arrived.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from redis.asyncio import Redis

from app.errors import ApiError, retry_later
from app.store import scripts
from app.store.faults import call_deadline, check_schema, store_faults
from app.store.ids import new_session_id, new_tag
from app.store.index import SessionIndex
from app.store.keys import session_keys
from app.store.script import Reply

# How long a capture session that nobody closed is kept for the sweeper after it lapsed, in ms.
CAPTURE_GRACE_MS = 7 * 24 * 3600 * 1000
# How long the id of a session that was taken back stays taken, in ms.
FORGOTTEN_MS = 3600 * 1000
# How much a renewal may lag behind a read, as a part of the session's life (http-control-api.md).
RENEWAL_LAG = 0.01

STATE_FIELDS = (
    "state", "grace", "revision", "mode", "createdAt", "policy", "ruleCount", "caseId",
    "traceCount", "injectedSpans", "extractedSpans", "strictMisses", "lastStrictMiss",
)  # fmt: skip
# A failover may lose a write, whose revision another one then takes; only the tag tells them apart.
VERSION_FIELDS = ("state", "grace", "revision", "tag")


class Opening(NamedTuple):
    """What a session is opened with.

    policy: the policy document as JSON text. project: the one that it belongs to; empty for none.
    """

    mode: str
    policy: str
    project: str = ""


@dataclass(frozen=True, slots=True)
class SessionState:
    """What `GET /v1/sessions/{id}` tells, as it is stored.

    created_ms: ms since the epoch, by the store's clock.
    policy: the policy document as JSON text.
    case: the loaded case's id and its number of traces.
    last_strict_miss: the missed hop as JSON text.
    """

    session_id: str
    revision: int
    mode: str
    created_ms: int
    policy: str
    rule_count: int
    case: tuple[str, int] | None
    injected_spans: int
    extracted_spans: int
    strict_misses: int
    last_strict_miss: str | None


@dataclass(frozen=True, slots=True)
class RuleDocuments:
    """All that decides about a hop, as JSON text; empty where there is none.

    version: the same for no other documents of the session. project: the session's.
    """

    version: str
    rules: bytes
    case_rules: bytes
    policy: bytes
    project: str = ""


def not_found(session_id: str) -> ApiError:
    """The error for an id that is not that of an open session of the caller's."""
    return ApiError(
        "session_not_found", f"session '{session_id}' does not exist or has been closed"
    )


def being_closed(session_id: str) -> ApiError:
    """The error for a session between its last moment open and its end."""
    return retry_later("close_in_progress", f"session '{session_id}' is being closed")


def accepted(reply: Reply, session_id: str) -> list[Any]:
    """The values of a reply, whatever its word, but for the two that refuse a change.

    Raises `session_not_found` for `gone`, and `close_in_progress` for `closing`.
    """
    if reply.word == "gone":
        raise not_found(session_id)
    if reply.word == "closing":
        raise being_closed(session_id)
    return reply.values


def _integer(value: bytes | None) -> int:
    return int(value or 0)


def _version(revision: bytes, tag: bytes | None) -> str:
    """As the scripts put it together, of what a write leaves beside its documents."""
    return f"{revision.decode()}-{(tag or b'').decode()}"


class SessionStore:
    """The sessions of all organisations.

    client: the connection.
    ttl_ms: a session's life after its last use.
    """

    def __init__(self, client: Redis, ttl_ms: int) -> None:
        self._client = client
        self._ttl_ms = ttl_ms
        self.index = SessionIndex(client, keep_ms=ttl_ms + CAPTURE_GRACE_MS)

    async def create(self, org: str, mode: str, policy: str, project: str = "") -> tuple[str, int]:
        """Open a session; gives its id and its time of creation in ms since the epoch.

        project: the one that it belongs to; empty for none.
        """
        opening = Opening(mode, policy, project)
        async with call_deadline():
            while True:
                session_id = new_session_id()
                created_ms = await self.create_as(org, session_id, new_tag(), opening)
                if created_ms is not None:
                    return session_id, created_ms

    async def create_as(self, org: str, session_id: str, tag: str, opening: Opening) -> int | None:
        """Open a session with this id; gives its time of creation, or None if the id is taken.

        tag: a random one. The indexes come first: a session that is in them but not there is
        skipped and pruned, one that is there but not in them would never be swept.
        """
        mode, policy, project = opening
        grace_ms = CAPTURE_GRACE_MS if mode == "capture" else 0
        await self.index.add(org, session_id, lapses_in_ms=self._ttl_ms)
        with store_faults():
            reply = await scripts.create_session(
                self._client,
                session_keys(org, session_id),
                mode=mode,
                policy=policy,
                project=project,
                grace_ms=grace_ms,
                ttl_ms=self._ttl_ms,
                tag=tag,
            )
        return int(reply.values[0]) if reply.word == "ok" else None

    async def forget(self, org: str, session_id: str, tag: str) -> None:
        """Take back a session that was to be created with this tag, or keep it from coming."""
        with store_faults():
            await scripts.forget_session(
                self._client,
                session_keys(org, session_id),
                tag=tag,
                tombstone_ms=FORGOTTEN_MS,
            )

    async def reach(self, org: str, session_id: str, project: str) -> None:
        """Raises `session_not_found` unless the session, open or closed, is of this project."""
        with store_faults():
            held: Any = await self._client.hget(session_keys(org, session_id).session, "project")
        if held is None or held.decode() != project:
            raise not_found(session_id)

    async def _fields(
        self, org: str, session_id: str, names: Sequence[str], project: str = ""
    ) -> list[Any]:
        """Fields of an open session, with the renewal that a read earns it.

        The first two names must be `state` and `grace`.
        project: the only one whose session it may be; empty for any.
        Raises `session_not_found`.
        """
        keys = session_keys(org, session_id)
        with store_faults():
            pipe = self._client.pipeline(transaction=False)
            pipe.hmget(keys.session, ["schema", "project", *names])
            pipe.pttl(keys.session)
            held, life_ms = await pipe.execute()
            schema, its_project = held[:2]
            values: list[Any] = held[2:]
            check_schema(schema)
            if project and its_project != project.encode():
                raise not_found(session_id)
            state, left_ms = values[0], life_ms - _integer(values[1])
            if state not in (b"open", b"closing") or left_ms <= 0:
                raise not_found(session_id)
            if state == b"open" and left_ms < self._ttl_ms * (1 - RENEWAL_LAG):
                await scripts.touch_session(self._client, keys, ttl_ms=self._ttl_ms)
        return values

    async def read(self, org: str, session_id: str) -> SessionState:
        """The state of an open session. Raises `session_not_found`."""
        values = await self._fields(org, session_id, STATE_FIELDS)
        held = dict(zip(STATE_FIELDS, values, strict=True))
        case_id, miss = held["caseId"], held["lastStrictMiss"]
        return SessionState(
            session_id=session_id,
            revision=int(held["revision"]),
            mode=held["mode"].decode(),
            created_ms=int(held["createdAt"]),
            policy=held["policy"].decode(),
            rule_count=_integer(held["ruleCount"]),
            case=None if case_id is None else (case_id.decode(), _integer(held["traceCount"])),
            injected_spans=_integer(held["injectedSpans"]),
            extracted_spans=_integer(held["extractedSpans"]),
            strict_misses=_integer(held["strictMisses"]),
            last_strict_miss=None if miss is None else miss.decode(),
        )

    async def version(self, org: str, session_id: str, project: str = "") -> str:
        """What changes with each write to an open session. Raises `session_not_found`.

        project: the only one whose session it may be; empty for any.
        """
        return _version(*(await self._fields(org, session_id, VERSION_FIELDS, project))[2:])

    async def rules(self, org: str, session_id: str) -> bytes:
        """The rules document as it was sent; empty if none was. Raises `session_not_found`."""
        return (await self._fields(org, session_id, ("state", "grace", "rules")))[2] or b""

    async def rule_documents(self, org: str, session_id: str) -> RuleDocuments:
        """All that decides about a hop, read at once. Raises `session_not_found`."""
        names = (*VERSION_FIELDS, "rules", "caseRules", "policy", "project")
        held = await self._fields(org, session_id, names)
        _, _, revision, tag, rules, case_rules, policy, project = held
        return RuleDocuments(
            _version(revision, tag),
            rules or b"",
            case_rules or b"",
            policy,
            (project or b"").decode(),
        )

    async def replace(self, org: str, session_id: str, **fields: str | bytes) -> int:
        """Replace fields of an open session; gives the new revision.

        Raises `session_not_found`, or `close_in_progress` while a close is under way.
        """
        flat = [piece for pair in fields.items() for piece in pair]
        with store_faults():
            reply = await scripts.replace_document(
                self._client,
                session_keys(org, session_id),
                ttl_ms=self._ttl_ms,
                tag=new_tag(),
                fields=flat,
            )
        return int(accepted(reply, session_id)[0])

    async def count(self, org: str, session_id: str, counter: str, strict_miss: str = "") -> None:
        """Add 1 to a counter. Raises `session_not_found` if the session has ended meanwhile.

        counter: `injectedSpans` or `strictMisses`.
        strict_miss: the missed hop as JSON text.
        """
        with store_faults():
            reply = await scripts.count_decision(
                self._client,
                session_keys(org, session_id),
                counter=counter,
                strict_miss=strict_miss,
                ttl_ms=self._ttl_ms,
            )
        accepted(reply, session_id)

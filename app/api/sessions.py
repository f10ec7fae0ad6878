"""Sessions: create, list, read, close (http-control-api.md)."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from app.api.compilable import check_compilable_policy
from app.api.contract import operation
from app.api.paging import Cursor, Limit, cursor_after, read_cursor
from app.api.reply import reply
from app.api.services import any_body, caller, caller_org, json_body, services
from app.documents.session import check_create
from app.http.headers import notes
from app.quotas.limits import held_to
from app.quotas.told import rate_limit_headers
from app.rules.literal import read_document
from app.rules.written import written_json
from app.store.clock import rfc3339
from app.store.ids import is_session_id
from app.store.sessions import Opening, SessionState, not_found

router = APIRouter(tags=["sessions"])

SessionId = Annotated[str, Path(description="The session's id, as its creation answered it.")]


async def named_session(request: Request, session_id: str) -> str:
    """The session that the path names, noted for the log line.

    Raises `session_not_found` for what cannot be an id, or is that of another project than the
    caller's key is bound to, in the same words as for an unknown one.
    """
    if not is_session_id(session_id):
        raise not_found(session_id)
    notes(request.scope).session_id = session_id
    who = caller(request)
    if who.project:
        await services(request).sessions.reach(who.org, session_id, who.project)
    return session_id


def _stats(state: SessionState) -> dict[str, Any]:
    stats: dict[str, Any] = {
        "injectedSpans": state.injected_spans,
        "extractedSpans": state.extracted_spans,
        "strictMisses": state.strict_misses,
    }
    if state.last_strict_miss is not None:
        stats["lastStrictMiss"] = json.loads(state.last_strict_miss)
    return stats


def _identity(session_id: str, revision: int, mode: str) -> dict[str, Any]:
    return {"sessionId": session_id, "sessionRevision": revision, "mode": mode}


@router.post("/v1/sessions", **operation("create a session", "session-create", created=True))
async def create_session(request: Request) -> Response:
    """Open a session in one of the three modes, with a policy if one is given."""
    body = await json_body(request)
    wanted = check_create(body)
    check_compilable_policy(wanted.policy or {}, "policy")
    # Read anew, so that its numbers stay as they were written.
    policy = written_json(read_document(body).get("policy") or {})
    parts = services(request)
    who = caller(request)
    created = await parts.ledger.new_sessions.create(
        who.org, Opening(wanted.mode, policy, who.project), held_to(who.kind)
    )
    notes(request.scope).session_id = created.session_id
    parts.metrics.sessions.labels(wanted.mode).inc()
    answer = _identity(created.session_id, 1, wanted.mode)
    answer["createdAt"] = rfc3339(created.created_ms)
    return reply(answer, 201, created.standings and rate_limit_headers(created.standings))


@router.get("/v1/sessions", **operation("list open sessions", "session-list"))
async def list_sessions(request: Request, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """The caller's open sessions, newest first."""
    index, who = services(request).sessions.index, caller(request)
    found, more = await index.page(who.org, read_cursor(cursor, who), limit, who.project)
    lines = [
        _identity(session.session_id, session.revision, session.mode)
        | {"createdAt": rfc3339(session.created_ms), "ruleCount": session.rule_count}
        for session in found
    ]
    return reply(
        {"sessions": lines, "nextCursor": cursor_after(found[-1].session_id, who) if more else None}
    )


@router.get("/v1/sessions/{session_id}", **operation("read a session", "session-state"))
async def read_session(request: Request, session_id: SessionId) -> Response:
    """A session's policy, number of rules, case and stats."""
    named = await named_session(request, session_id)
    state = await services(request).sessions.read(caller_org(request), named)
    case = state.case and {"caseId": state.case[0], "traceCount": state.case[1]}
    return reply(
        _identity(state.session_id, state.revision, state.mode)
        | {
            "createdAt": rfc3339(state.created_ms),
            "policy": json.loads(state.policy),
            "ruleCount": state.rule_count,
            "case": case,
            "stats": _stats(state),
        }
    )


@router.get("/v1/sessions/{session_id}/stats", **operation("read the counters", "session-stats"))
async def read_stats(request: Request, session_id: SessionId) -> Response:
    """A session's counters, cheap to poll."""
    named = await named_session(request, session_id)
    state = await services(request).sessions.read(caller_org(request), named)
    identity = _identity(state.session_id, state.revision, state.mode)
    return reply(identity | {"stats": _stats(state)})


@router.post("/v1/sessions/{session_id}/close", **operation("close a session", "session-close"))
async def close_session(request: Request, session_id: SessionId) -> Response:
    """End a session; a capture session's spans are written as a case first."""
    await any_body(request)
    await named_session(request, session_id)
    closed = await services(request).closer.close(caller_org(request), session_id)
    body: dict[str, Any] = {"sessionId": session_id, "closed": True}
    if closed.case_path is not None:
        body["casePath"] = closed.case_path
    return reply(body | {"traceCount": closed.trace_count})

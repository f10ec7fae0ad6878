"""The four documents of a session, each replaced wholesale: case, rules, policy, auth fixtures."""

import json

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.api.compilable import check_compilable, check_compilable_policy
from app.api.contract import operation
from app.api.reply import reply
from app.api.services import caller_org, json_body, services
from app.api.sessions import SessionId, named_session
from app.documents.fixtures import check_fixtures
from app.documents.policy import check_policy
from app.documents.rules import check_rules
from app.http.beside import beside_other_calls
from app.http.respond import JSON

router = APIRouter(tags=["documents"])

NO_RULES = b'{"version":1,"rules":[]}'


def _revised(session_id: str, revision: int, **counts: int) -> Response:
    return reply({"sessionId": session_id, "sessionRevision": revision, **counts})


@router.post("/v1/sessions/{session_id}/load-case", **operation("load a case", "session-load-case"))
async def load_case(request: Request, session_id: SessionId) -> Response:
    """Load a case document, with the rules embedded in it."""
    body = await json_body(request)
    await named_session(request, session_id)
    loaded = await services(request).cases.load(caller_org(request), session_id, body)
    return _revised(session_id, loaded.revision, traceCount=loaded.trace_count)


@router.post("/v1/sessions/{session_id}/rules", **operation("replace the rules", "session-rules"))
async def replace_rules(request: Request, session_id: SessionId) -> Response:
    """Replace the session's rules document."""
    body = await json_body(request)
    await named_session(request, session_id)
    checked = await beside_other_calls(len(body), lambda: check_compilable(check_rules(body)))
    revision = await services(request).cases.replace_rules(
        caller_org(request), session_id, body, checked["rules"]
    )
    return _revised(session_id, revision, ruleCount=len(checked["rules"]))


@router.get(
    "/v1/sessions/{session_id}/rules",
    **operation("read the rules", "session-rules-document"),
)
async def read_rules(request: Request, session_id: SessionId) -> Response:
    """The rules document as it was sent."""
    named = await named_session(request, session_id)
    rules = await services(request).sessions.rules(caller_org(request), named)
    return Response(rules or NO_RULES, media_type=JSON)


@router.post("/v1/sessions/{session_id}/policy", **operation("set the policy", "session-policy"))
async def replace_policy(request: Request, session_id: SessionId) -> Response:
    """Replace the session's policy."""
    body = await json_body(request)
    await named_session(request, session_id)
    check_compilable_policy(check_policy(body))
    revision = await services(request).sessions.replace(
        caller_org(request), session_id, policy=body
    )
    return _revised(session_id, revision)


@router.post(
    "/v1/sessions/{session_id}/fixtures/auth",
    **operation("register auth fixtures", "session-fixtures-auth"),
)
async def replace_fixtures(request: Request, session_id: SessionId) -> Response:
    """Replace the session's auth fixtures, which no answer ever shows."""
    body = await json_body(request)
    await named_session(request, session_id)
    fixtures = check_fixtures(body)
    revision = await services(request).sessions.replace(
        caller_org(request), session_id, fixtures=json.dumps(fixtures.document)
    )
    return _revised(session_id, revision, fixtureCount=fixtures.count)

"""What an organisation has used of its quotas (http-control-api.md)."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.api.contract import operation
from app.api.reply import reply
from app.api.services import services
from app.http.headers import notes
from app.quotas.limits import held_to
from app.store.faults import call_deadline
from app.store.usage import usage_document

router = APIRouter(tags=["usage"])


@router.get("/v1/usage", **operation("read what is used of the quotas", "usage"))
async def read_usage(request: Request) -> Response:
    """The caller's organisation, its tier, and each quota that is counted."""
    caller, ledger = notes(request.scope).caller, services(request).ledger
    if not (ledger.quotas and ledger.reconciler):
        return reply(usage_document(caller.org, None))
    async with call_deadline():
        await ledger.reconciler.look(caller.org)
        standings = await ledger.quotas.usage(caller.org, held_to(caller.kind))
    return reply(usage_document(caller.org, standings))

"""What an organisation has used of its quotas (http-control-api.md)."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.api.contract import operation
from app.api.reply import reply
from app.api.services import services
from app.http.headers import notes
from app.quotas.limits import held_to
from app.quotas.standing import Standing
from app.store.clock import rfc3339
from app.store.faults import call_deadline

router = APIRouter(tags=["usage"])


def _line(standing: Standing) -> dict[str, Any]:
    return {
        "name": standing.name,
        "limit": standing.limit,
        "used": standing.used,
        # Up to the next whole second: not before it is so.
        "resetsAt": rfc3339(standing.resets_ms + 999) if standing.resets_ms else None,
    }


@router.get("/v1/usage", **operation("read what is used of the quotas", "usage"))
async def read_usage(request: Request) -> Response:
    """The caller's organisation, its tier, and each quota that is counted."""
    caller, ledger = notes(request.scope).caller, services(request).ledger
    if not (ledger.quotas and ledger.reconciler):
        return reply({"org": caller.org, "tier": None, "quotas": []})
    async with call_deadline():
        await ledger.reconciler.look(caller.org)
        standings = await ledger.quotas.usage(caller.org, held_to(caller.kind))
    quotas = [_line(standing) for standing in standings.quotas]
    return reply({"org": caller.org, "tier": standings.tier, "quotas": quotas})

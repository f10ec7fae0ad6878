"""Captures: the list of written cases, and each as a stream."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.api.contract import operation
from app.api.paging import Cursor, Limit, cursor_after, read_cursor
from app.api.reply import reply
from app.api.services import caller, services
from app.captures.sink import SinkError
from app.errors import ApiError, retry_later
from app.http.respond import JSON
from app.store.clock import rfc3339
from app.store.ids import is_session_id

router = APIRouter(tags=["captures"])


def _missing(capture_id: str) -> ApiError:
    return ApiError("not_found", f"there is no capture '{capture_id}'")


@router.get("/v1/captures", **operation("list captures", "captures-list"))
async def list_captures(request: Request, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """The caller's captures, newest first."""
    index, who = services(request).captures, caller(request)
    found, more = await index.page(who.org, read_cursor(cursor, who), limit, who.project)
    lines = [
        {
            "captureId": entry.capture_id,
            "casePath": entry.case_path,
            "traceCount": entry.trace_count,
            "createdAt": rfc3339(entry.created_ms),
            "closedAt": rfc3339(entry.closed_ms),
            "bytes": entry.size,
        }
        for entry in found
    ]
    return reply(
        {"captures": lines, "nextCursor": cursor_after(found[-1].capture_id, who) if more else None}
    )


@router.get("/v1/captures/{capture_id}", **operation("read a capture", "case", missing="not_found"))
async def read_capture(request: Request, capture_id: str) -> Response:
    """One case document, as it was written."""
    parts, who = services(request), caller(request)
    entry = None
    if is_session_id(capture_id):
        entry = await parts.captures.find(who.org, capture_id, who.project)
    if entry is None:
        raise _missing(capture_id)
    try:
        chunks = await parts.sink.read(entry.case_path)
    except SinkError as refusal:
        message = f"the case could not be read: {refusal.why}"
        raise retry_later("capture_store_unavailable", message) from None
    if chunks is None:
        raise _missing(capture_id)
    return StreamingResponse(chunks, media_type=JSON)

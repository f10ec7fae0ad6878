"""How the control API answers: JSON with every character as it is, and its errors."""

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.errors import ApiError, Detail
from app.http.respond import JSON, json_bytes


def reply(value: object, status: int = 200) -> Response:
    """A value as a JSON response."""
    return Response(json_bytes(value), status, media_type=JSON)


def error_reply(error: ApiError) -> Response:
    """An error as the envelope of control-api.md."""
    return Response(
        json_bytes(error.envelope()),
        error.kind.status,
        headers=dict(error.headers),
        media_type=JSON,
    )


async def on_api_error(_: Request, error: Exception) -> Response:
    """An error of the catalogue that a handler raised."""
    assert isinstance(error, ApiError)
    return error_reply(error)


async def on_routing_error(request: Request, error: Exception) -> Response:
    """A path without a route, or a route that does not take the method."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        message = f"{request.method} is not allowed on {path}; allowed: {allowed}"
        return error_reply(ApiError("method_not_allowed", message, headers={"allow": allowed}))
    return error_reply(ApiError("not_found", f"there is nothing at {path}"))


async def on_bad_parameter(_: Request, error: Exception) -> Response:
    """A query parameter out of its range; the message does not repeat its value."""
    assert isinstance(error, RequestValidationError)
    details = [
        Detail("/" + "/".join(str(part) for part in fault["loc"]), fault["msg"])
        for fault in error.errors()
    ]
    named = ", ".join(str(fault["loc"][-1]) for fault in error.errors())
    return error_reply(ApiError("invalid_body", f"bad query parameter: {named}", details))

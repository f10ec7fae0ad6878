"""How the control API answers: JSON with every character as it is, and its errors."""

from collections.abc import Mapping

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api.paging import bad_parameter
from app.errors import ApiError
from app.http.respond import JSON, json_bytes


def reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A value as a JSON response."""
    return Response(json_bytes(value), status, headers=dict(headers or {}), media_type=JSON)


def error_reply(error: ApiError) -> Response:
    """An error as the envelope of http-control-api.md."""
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


class _Nothing(Response):
    """A response that is not sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leave the call unanswered."""


async def on_escaped(_: Request, error: Exception) -> Response:  # noqa: ARG001
    """What no handler foresaw, a client's leaving included: `AccessLog`, further out, answers it.

    Without this the framework itself would send its own plain 500 first.
    """
    return _Nothing()


async def on_bad_parameter(_: Request, error: Exception) -> Response:
    """A query parameter out of its range: nothing else of a call is checked by the framework."""
    assert isinstance(error, RequestValidationError)
    return error_reply(bad_parameter(error.errors()[0]["loc"][-1]))

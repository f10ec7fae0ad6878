"""The control API as one FastAPI application."""

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from app.api import captures, documents, meta, sessions, usage
from app.api.openapi import TITLE, describe
from app.api.reply import on_api_error, on_bad_parameter, on_escaped
from app.api.routing import RoutingErrors
from app.api.services import Services
from app.errors import ApiError


class _Described:
    """The OpenAPI document, made once, when it is first asked for."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._document: dict[str, Any] | None = None

    def __call__(self) -> dict[str, Any]:
        self._document = self._document or describe(self._app)
        return self._document


def control_api(services: Services) -> FastAPI:
    """The application; `/docs` works without a network."""
    app = FastAPIOffline(
        title=TITLE, redoc_url=None, redirect_slashes=False, static_url="/docs/assets"
    )
    app.state.services = services
    routers = [part.router for part in (sessions, documents, captures, usage, meta)]
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(ApiError, on_api_error)
    app.add_exception_handler(HTTPException, RoutingErrors(routers))
    app.add_exception_handler(RequestValidationError, on_bad_parameter)
    app.add_exception_handler(Exception, on_escaped)
    app.openapi = _Described(app)  # type: ignore[method-assign]
    return app

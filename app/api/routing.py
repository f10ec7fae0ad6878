"""What is answered where no route takes the call: the path is unknown, or the method is not its."""

from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.api.reply import error_reply
from app.errors import ApiError


class RoutingErrors:
    """The handler of routing errors.

    routers: those whose routes make up the API; a path may stand in several of their routes.
    """

    def __init__(self, routers: Sequence[APIRouter]) -> None:
        routes = [route for router in routers for route in router.routes]
        self._routes = [route for route in routes if isinstance(route, APIRoute)]

    async def __call__(self, request: Request, error: Exception) -> Response:
        """A 404, or a 405 that names every method of the path."""
        assert isinstance(error, HTTPException)
        path = request.url.path
        if error.status_code != 405:
            message = f"there is nothing at {path}; /docs shows what there is"
            return error_reply(ApiError("not_found", message))
        allowed = self._allowed(path, error)
        message = f"{request.method} is not allowed on {path}; allowed: {allowed}"
        return error_reply(ApiError("method_not_allowed", message, headers={"allow": allowed}))

    def _allowed(self, path: str, error: HTTPException) -> str:
        """The methods of all routes at a path, with those that the route which refused named."""
        named = (error.headers or {}).get("Allow", "").split(", ")
        found = {
            method
            for route in self._routes
            if route.path_regex.match(path)
            for method in route.methods or ()
        }
        return ", ".join(sorted(found.union(filter(None, named))))

"""The gate of the control API: a call to `/v1/…` is admitted before anything of it is read."""

from app.errors import ApiError
from app.http.access import App
from app.http.auth import TokenCheck
from app.http.body import Receive
from app.http.headers import Scope
from app.http.respond import Send, send_error


class Gate:
    """Asks for the token wherever one is needed, unknown routes of `/v1` included.

    api: the check for `/v1/…`. metrics: the check for `/metrics`.
    """

    def __init__(self, app: App, api: TokenCheck, metrics: TokenCheck) -> None:
        self._app = app
        self._api = api
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve an admitted call, or answer 401."""
        path = scope["path"]
        try:
            if path == "/v1" or path.startswith("/v1/"):
                self._api.admit(scope)
            elif path == "/metrics":
                self._metrics.admit(scope)
        except ApiError as refused:
            await send_error(send, refused)
        else:
            await self._app(scope, receive, send)

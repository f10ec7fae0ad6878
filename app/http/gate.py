"""The gate of the control API: a call to `/v1/…` is admitted before anything of it is read."""

from app.errors import ApiError
from app.http.access import App
from app.http.admission import Admission
from app.http.body import Receive
from app.http.headers import Scope, notes
from app.http.respond import Send, send_error


class Gate:
    """Asks for a token or key wherever one is needed, unknown routes of `/v1` included.

    api: who is let in to `/v1/…`. metrics: the same for `/metrics`.
    """

    def __init__(self, app: App, api: Admission, metrics: Admission) -> None:
        self._app = app
        self._api = api
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve an admitted call, or say why it is not admitted."""
        path = scope["path"]
        try:
            if path == "/v1" or path.startswith("/v1/"):
                notes(scope).caller = await self._api.admit(scope)
            elif path == "/metrics":
                await self._metrics.admit(scope)
        except ApiError as refused:
            await send_error(send, refused)
        else:
            await self._app(scope, receive, send)

"""The gate of the control API: a call to `/v1/…` is admitted before anything of it is read."""

from app.errors import ApiError
from app.http.access import App
from app.http.admission import Admission
from app.http.body import Receive
from app.http.concurrency import Concurrency, too_many_at_once
from app.http.headers import Scope, notes
from app.http.respond import Send, send_error


class Gate:
    """Asks for a token or key wherever one is needed, unknown routes of `/v1` included.

    api: who is let in to `/v1/…`. metrics: the same for `/metrics`.
    concurrency: how many calls to `/v1/…` of one organisation there may be at once.
    """

    def __init__(
        self, app: App, api: Admission, metrics: Admission, concurrency: Concurrency
    ) -> None:
        self._app = app
        self._api = api
        self._metrics = metrics
        self._concurrency = concurrency

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve an admitted call, or say why it is not admitted."""
        try:
            entered = await self._admit(scope)
        except ApiError as refused:
            await send_error(send, refused)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            if entered:
                self._concurrency.leave(entered)

    async def _admit(self, scope: Scope) -> str:
        """The organisation among whose calls under way this one is; empty for none."""
        path = scope["path"]
        if path == "/metrics":
            await self._metrics.admit(scope)
        if path != "/v1" and not path.startswith("/v1/"):
            return ""
        notes(scope).caller = await self._api.admit(scope)
        org = notes(scope).org
        if not await self._concurrency.turn(org):
            raise too_many_at_once(org)
        return org

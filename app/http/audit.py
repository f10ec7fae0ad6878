"""The audit of the control API: each call that changed something is noted, with who made it."""

from app.http.access import App, route_of
from app.http.audit_trail import AuditTrail
from app.http.body import Receive
from app.http.headers import Scope, notes
from app.http.respond import Send
from app.store.audit import Deed
from app.telemetry.request import REQUEST_ID

# What is done by a POST to each route.
ACTIONS = {
    "/v1/sessions": "session.create",
    "/v1/sessions/{session_id}/load-case": "session.load-case",
    "/v1/sessions/{session_id}/rules": "session.rules",
    "/v1/sessions/{session_id}/policy": "session.policy",
    "/v1/sessions/{session_id}/fixtures/auth": "session.fixtures",
    "/v1/sessions/{session_id}/close": "session.close",
}


class _Answer:
    """Passes messages on and remembers whether the answer is a success."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_success = False

    async def __call__(self, message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            self.is_success = message["status"] in (200, 201)
        await self._send(message)


class Audited:
    """Wraps the control API; a call is noted once it is answered, and waits for nothing."""

    def __init__(self, app: App, trail: AuditTrail) -> None:
        self._app = app
        self._trail = trail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        answer = _Answer(send)
        try:
            await self._app(scope, receive, answer)
        finally:
            action = ACTIONS.get(route_of(scope)) if scope["method"] == "POST" else None
            if action and answer.is_success:
                self._note(scope, action)

    def _note(self, scope: Scope, action: str) -> None:
        seen = notes(scope)
        by = seen.caller.key_id
        self._trail.note(seen.org, Deed(by, action, seen.session_id, REQUEST_ID.get()))

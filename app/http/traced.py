"""A span for every call, where tracing is on."""

from app.http.access import App, route_of
from app.http.body import Receive
from app.http.headers import Scope, notes
from app.http.respond import Send
from app.telemetry.request import TRACE_ID
from app.telemetry.tracing import Span, Tracing


class Traced:
    """Wraps an application; the span is named by method and route, never by path."""

    def __init__(self, app: App, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call within a span."""
        with self._tracing.request(scope["headers"]) as span:
            TRACE_ID.set(span.trace_id)
            status = 0

            async def watched(message: dict[str, object]) -> None:
                nonlocal status
                status = int(str(message.get("status", status)))
                await send(message)

            await self._app(scope, receive, watched)
            _describe(span, scope, status)


def _describe(span: Span, scope: Scope, status: int) -> None:
    """What is known of a call once it has been served."""
    route, seen = route_of(scope), notes(scope)
    span.rename(f"{scope['method']} {route}".rstrip())
    known = {"http.request.method": scope["method"], "sp.org": seen.org, "http.route": route}
    known["sp.session.id"] = seen.session_id
    span.note({name: value for name, value in known.items() if value})
    if status:
        span.note({"http.response.status_code": status})
    if not status or status >= 500:
        span.fail(str(status or "client gone"))

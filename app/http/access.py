"""The outermost layer: an id, a log line and a time for every call, and a 500 for every bug.

Of the hot path's successes only some have a line (sampling.py says which); whatever failed, was
slow or is looked for at the log level `debug` has one always.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from app.errors import ApiError, retry_later
from app.http.body import ClientGone, Receive
from app.http.headers import Scope, header, notes
from app.http.request_id import HEADER, request_id
from app.http.respond import Send, internal_error, send_error
from app.telemetry.http_requests import CLIENT_GONE
from app.telemetry.logs import REQUEST
from app.telemetry.metrics import Metrics
from app.telemetry.request import REQUEST_ID
from app.telemetry.sampling import Sampling

App = Callable[[Scope, Receive, Send], Awaitable[None]]

# The hot path, and the statuses with which its calls succeed; to the proxy a 404 is a plain miss.
SAMPLED = {"/v1/inject": (200, 404), "/v1/traces": (200,)}
# A call that takes longer is worth a line, in seconds.
SLOW_SECONDS = 1.0

log = logging.getLogger("softprobe.access")


class _Answer:
    """Passes messages on, adds the request's id to the answer and remembers its status."""

    def __init__(self, send: Send, name: str) -> None:
        self._send = send
        self._id = (HEADER, name.encode("ascii"))
        self.status = CLIENT_GONE

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), self._id]
        await self._send(message)


def _ending() -> ApiError:
    """The error for a call that was still running when the time to drain was over."""
    return retry_later("store_unavailable", "the replica is ending; try again on another")


def route_of(scope: Scope) -> str:
    """The route's template, which has no ids in it; a call that met no route has none."""
    route = scope.get("route")
    return getattr(route, "path", "") if route is not None else scope.get("softprobe.route", "")


class AccessLog:
    """Wraps an application; its log lines and metrics are those of reference.md."""

    def __init__(self, app: App, metrics: Metrics) -> None:
        self._app = app
        self._requests = metrics.http
        self._sampling = Sampling()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call, time it and log it."""
        name = request_id(header(scope, HEADER).encode("latin-1"))
        REQUEST_ID.set(name)
        answer = _Answer(send, name)
        started = time.perf_counter()
        self._requests.in_progress += 1
        try:
            await self._serve(scope, receive, answer)
        finally:
            self._requests.in_progress -= 1
            seconds = time.perf_counter() - started
            self._requests.observe(scope["method"], route_of(scope), answer.status, seconds)
            self._write(scope, answer.status, seconds)

    async def _serve(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            await self._app(scope, receive, answer)
        except ClientGone:
            pass
        except asyncio.CancelledError:
            if not answer.status:
                await send_error(answer, _ending())
        except Exception:
            log.exception("internal error", extra={"route": route_of(scope)})
            if not answer.status:
                await send_error(answer, internal_error())

    def _write(self, scope: Scope, status: int, seconds: float) -> None:
        if not log.isEnabledFor(logging.INFO):
            return
        left_out = self._left_out(route_of(scope), status, seconds)
        if left_out is not None:
            log.info(REQUEST, extra=_fields(scope, status, seconds, left_out))

    def _left_out(self, route: str, status: int, seconds: float) -> int | None:
        """How many lines like this were left out before it; None if it is to be left out too."""
        is_usual = status in SAMPLED.get(route, ()) and seconds < SLOW_SECONDS
        if not is_usual or log.isEnabledFor(logging.DEBUG):
            return 0
        return self._sampling.left_out(route)


def _fields(scope: Scope, status: int, seconds: float, left_out: int) -> dict[str, object]:
    seen = notes(scope)
    fields: dict[str, object] = {"sp.session.id": seen.session_id} if seen.session_id else {}
    if seen.caller.key_id:
        fields["key"] = seen.caller.key_id
    fields |= {
        "org": seen.org,
        "method": scope["method"],
        "route": route_of(scope),
        "status": status or "client gone",
        "duration_ms": round(seconds * 1000, 3),
    }
    return fields | ({"left_out": left_out} if left_out else {})

"""The outermost layer: one log line for every call, and a 500 without a trace for every bug."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from app.errors import ApiError, retry_later
from app.http.body import ClientGone, Receive
from app.http.headers import Scope, notes
from app.http.respond import Send, internal_error, send_error

App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("softprobe.access")


class _StatusWatch:
    """Passes messages on and remembers the response's status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


def _ending() -> ApiError:
    """The error for a call that was still running when the time to drain was over."""
    return retry_later("store_unavailable", "the replica is ending; try again on another")


def _route(scope: Scope) -> str:
    """The route's template, which has no ids in it; a call that met no route has none."""
    route = scope.get("route")
    return getattr(route, "path", "") if route is not None else scope.get("softprobe.route", "")


class AccessLog:
    """Wraps an application; its log lines are those of reference.md."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call and log it."""
        watch = _StatusWatch(send)
        started = time.perf_counter()
        try:
            await self._app(scope, receive, watch)
        except ClientGone:
            pass
        except asyncio.CancelledError:
            if not watch.status:
                await send_error(watch, _ending())
        except Exception:
            log.exception("internal error", extra={"route": _route(scope)})
            if not watch.status:
                await send_error(watch, internal_error())
        self._write(scope, watch.status, time.perf_counter() - started)

    def _write(self, scope: Scope, status: int, seconds: float) -> None:
        if not log.isEnabledFor(logging.INFO):
            return
        seen = notes(scope)
        fields: dict[str, object] = {"sp.session.id": seen.session_id} if seen.session_id else {}
        fields |= {
            "org": seen.org,
            "method": scope["method"],
            "route": _route(scope),
            "status": status or "client gone",
            "duration_ms": round(seconds * 1000, 3),
        }
        log.info("request", extra=fields)

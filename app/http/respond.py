"""Writing responses in raw ASGI."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.errors import ApiError

Send = Callable[[Any], Awaitable[None]]

JSON = "application/json"


async def send_response(
    send: Send,
    status: int,
    body: bytes,
    content_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Send a whole response."""
    fields = {"content-type": content_type, "content-length": str(len(body)), **(headers or {})}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def json_bytes(value: object) -> bytes:
    """A value as compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def internal_error() -> ApiError:
    """The error for a bug; its trace is in the log alone."""
    return ApiError("internal_error", "a bug in the runtime: please report it with the log's trace")


async def send_error(send: Send, error: ApiError) -> None:
    """Send an error as the JSON envelope."""
    body = json_bytes(error.envelope())
    await send_response(send, error.kind.status, body, headers=error.headers)

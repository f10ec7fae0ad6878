"""The floor: the least that an ASGI application can do, a constant answer to any request."""

from typing import Any

BODY = b"x" * 256


async def app(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer 200 and the constant."""
    length = str(len(BODY)).encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]}
    )
    await send({"type": "http.response.body", "body": BODY})

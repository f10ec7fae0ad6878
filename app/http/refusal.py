"""What is said to bytes that are no request: an error in the one envelope, and no more."""

from app.errors import ApiError
from app.http.request_id import HEADER, new_request_id
from app.http.respond import JSON, json_bytes

_NOT_HTTP = ApiError("invalid_body", "this is no HTTP/1.1 request")


def reason(error: Exception) -> ApiError:
    """Our own error that stopped the parser, or what is to be said of the parser's."""
    for found in (error, error.__context__):
        if isinstance(found, ApiError):
            return found
    return _NOT_HTTP


def refusal(error: ApiError) -> bytes:
    """The bytes of an answer after which the connection closes."""
    body = json_bytes(error.envelope())
    head = (
        f"HTTP/1.1 {error.kind.status} Bad Request\r\ncontent-type: {JSON}\r\n"
        f"content-length: {len(body)}\r\n{HEADER.decode()}: {new_request_id()}\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode() + body

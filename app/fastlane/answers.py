"""Answers as bytes of HTTP/1.1, as the plain lane's server makes them of status and headers."""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus

from app.errors import ApiError
from app.http.request_id import HEADER
from app.otlp.media import Media
from app.otlp.status import error_body


@cache
def _begin(status: int, is_json: bool) -> bytes:
    phrase, media = HTTPStatus(status).phrase, Media.JSON if is_json else Media.PROTOBUF
    return f"HTTP/1.1 {status} {phrase}\r\ncontent-type: {media.content_type}\r\n".encode()


def head_up_to_name(status: int, media: Media, length: int, more: bytes = b"") -> bytes:
    """The head of an answer up to the request's id.

    length: of the body, in bytes. more: headers between, as lines.
    """
    begin = _begin(status, media is Media.JSON)
    return b"%bcontent-length: %d\r\n%b%b: " % (begin, length, more, HEADER)


def _lines(headers: Mapping[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")


def error_up_to_name(error: ApiError, media: Media) -> tuple[bytes, bytes]:
    """The head of an error up to the request's id, and its body."""
    body = error_body(error, media)
    status, more = error.kind.status, _lines(error.headers)
    return head_up_to_name(status, media, len(body), more), body


def error_answer(error: ApiError, media: Media, name: bytes) -> tuple[bytes, bytes]:
    """Head and body of an error."""
    before, body = error_up_to_name(error, media)
    return b"%b%b\r\n" % (before, name), body

"""Paging: opaque cursors over ids that sort by age."""

import base64
import binascii
import hashlib
from typing import Annotated

from fastapi import Query

from app.errors import ApiError, Detail
from app.http.caller import Caller
from app.store.ids import is_session_id

MOST = 1000
_MARK_BYTES = 8

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many to list at most.")]
Cursor = Annotated[
    str | None, Query(description="Where to go on: the `nextCursor` of the page before.")
]

# What callers are told; the framework's own words are for programmers.
_EXPECTED = {"limit": f"a whole number from 1 to {MOST}", "cursor": "the `nextCursor` of a page"}


def bad_parameter(name: str) -> ApiError:
    """The error for a query parameter, which does not repeat its value."""
    sentence = f"query parameter `{name}` must be {_EXPECTED[name]}"
    return ApiError("invalid_body", sentence, [Detail(f"/query/{name}", sentence)])


def _mark(last_id: str, who: Caller) -> bytes:
    """What binds a cursor to those whose list it goes on with.

    It is no secret: a cursor opens nothing, and whoever makes one up only chooses where a list of
    their own goes on.
    """
    bound = f"{who.org}/{who.project}/{last_id}".encode()
    return hashlib.blake2b(bound, digest_size=_MARK_BYTES).digest()


def cursor_after(last_id: str, who: Caller) -> str:
    """The cursor of the page that follows an id in a caller's list."""
    octets = _mark(last_id, who) + last_id.encode()
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def read_cursor(cursor: str | None, who: Caller) -> str | None:
    """The id behind a cursor; None for the first page.

    Raises `invalid_body`, for a cursor of another organisation's or project's list too.
    """
    if cursor is None:
        return None
    try:
        octets = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        mark, last_id = octets[:_MARK_BYTES], octets[_MARK_BYTES:].decode("ascii")
    except (binascii.Error, ValueError):
        raise bad_parameter("cursor") from None
    if not is_session_id(last_id) or mark != _mark(last_id, who):
        raise bad_parameter("cursor")
    return last_id

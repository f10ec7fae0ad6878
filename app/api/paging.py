"""Paging: opaque cursors over ids that sort by age."""

import base64
import binascii
from typing import Annotated

from fastapi import Query

from app.errors import ApiError, Detail
from app.store.ids import is_session_id

MOST = 1000

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


def cursor_after(last_id: str) -> str:
    """The cursor of the page that follows an id."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> str | None:
    """The id behind a cursor; None for the first page. Raises `invalid_body`."""
    if cursor is None:
        return None
    try:
        last_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        last_id = ""
    if not is_session_id(last_id):
        raise bad_parameter("cursor")
    return last_id

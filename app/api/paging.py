"""Paging: opaque cursors over ids that sort by age."""

import base64
import binascii
from typing import Annotated

from fastapi import Query

from app.errors import ApiError, Detail
from app.store.ids import is_session_id

Limit = Annotated[int, Query(ge=1, le=1000, description="How many to list at most.")]
Cursor = Annotated[
    str | None, Query(description="Where to go on: the `nextCursor` of the page before.")
]


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
        detail = Detail("/query/cursor", "expected the `nextCursor` of a page")
        raise ApiError("invalid_body", "bad query parameter: cursor", [detail])
    return last_id

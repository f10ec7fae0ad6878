"""Keys under which jsonschema-rs can tell places.

Its paths (0.60) leave out empty keys and have whatever reads as an index, such as `7` and `+07`, as
that number. Such keys are marked before it sees them. The marked ones are unknown to every schema
as they were before, and as header names as good or as bad.
"""

import re
from typing import Any

from app.documents.pointer import Place

_EMPTY = re.compile(":*")
_INDEX = re.compile(r"~*\+?[0-9]+")


def marked(key: str) -> str:
    """The key, distinguishable from every other key and index."""
    if _EMPTY.fullmatch(key):
        return ":" + key
    return "~" + key if _INDEX.fullmatch(key) else key


def unmarked(token: str | int) -> str | int:
    """The key behind a marked one; an index is itself."""
    if isinstance(token, str) and token and (_EMPTY.fullmatch(token) or _INDEX.fullmatch(token)):
        return token[1:]
    return token


def with_marks(value: Any) -> Any:
    """A copy of a JSON value, all of its keys marked."""
    if isinstance(value, dict):
        return {marked(key): with_marks(child) for key, child in value.items()}
    if isinstance(value, list):
        return [with_marks(child) for child in value]
    return value


def without_marks(place: Place) -> Place:
    """The place in the value that a place in its marked copy stands for."""
    return tuple(map(unmarked, place))

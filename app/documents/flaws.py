"""Flaws of a JSON text that no schema can name: half characters, and keys that stand twice."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from app.documents.json_text import Ambiguous, Reading
from app.documents.pointer import Place, pointer
from app.errors import MAX_DETAILS, Detail

HALF_A_CHARACTER = "holds half of a surrogate pair, which has no UTF-8 form"
HALF_A_KEY = "has a key with half of a surrogate pair, which has no UTF-8 form"
REPEATED = "stands more than once in its object"
# A walk in Python over the millions of values that a body may hold would hold the event loop.
MAX_WALKED = 200_000
FAR_AWAY = f"has, beyond its first {MAX_WALKED:,} values, half of a surrogate pair or a key twice"
# Half a pair can only be spelt by an escape. This finds, quickly, a text that may have one: a high
# half without a low one after it, a low one without a high one before it, or either behind an
# escaped backslash, where it may be mere text.
HALF_A_PAIR = re.compile(
    rb"""\\(?: u[dD][89abAB][0-9a-fA-F]{2} (?!\\u[dD][c-fC-F])
           | (?<! \\u[dD][89abAB][0-9a-fA-F]{2} \\ ) u[dD][c-fC-F]
           | \\u[dD][89a-fA-F] )""",
    re.VERBOSE,
)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_spoilt(body: bytes, value: Any) -> bool:
    """Whether text without a UTF-8 form is in the value that was read from a body."""
    return bool(HALF_A_PAIR.search(body)) and not _encodes(json.dumps(value, ensure_ascii=False))


def _members(place: Place, value: Any) -> Iterator[tuple[Place, Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    return (((*place, key), child) for key, child in members)


def _walk(root: Any) -> Iterator[tuple[Place, Any]]:
    """Every value with its place, in the document's order."""
    open_containers: list[Iterator[tuple[Place, Any]]] = [iter([((), root)])]
    while open_containers:
        for place, value in open_containers[-1]:
            yield place, value
            if isinstance(value, dict | list):
                open_containers.append(_members(place, value))
                break
        else:
            open_containers.pop()


def _flaws_of(place: Place, value: Any) -> Iterator[Detail]:
    """The flaws of one value, those of its members left out."""
    if isinstance(value, str) and not _encodes(value):
        yield Detail(pointer(place), HALF_A_CHARACTER)
    if isinstance(value, dict) and not _encodes("".join(value)):
        yield Detail(pointer(place), HALF_A_KEY)
    if isinstance(value, Ambiguous):
        yield from (Detail(pointer((*place, key)), REPEATED) for key in value.repeated)


def flaws(body: bytes, reading: Reading) -> list[Detail]:
    """The first flaws of a value, at most `MAX_DETAILS`, in the document's order.

    body: the text that it was read from.
    """
    if not reading.is_ambiguous and not _is_spoilt(body, reading.value):
        return []
    walk = _walk(reading.value)
    near = islice(walk, MAX_WALKED)
    found = (detail for place, value in near for detail in _flaws_of(place, value))
    first = list(dict.fromkeys(islice(found, MAX_DETAILS)))
    return first or [Detail("", FAR_AWAY) for _ in islice(walk, 1)]

"""Strict JSON text to Python values: what RFC 8259 or UTF-8 does not allow is `invalid_body`."""

import json
import re
from collections import Counter
from math import isfinite
from typing import Any, NamedTuple, NoReturn

from app.errors import ApiError

MAX_DEPTH = 200
BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
Pairs = list[tuple[str, Any]]

# `curl -d FILE` sends the name, and `-d @FILE` of a file that is not there sends nothing.
_FILE_HINT = "; send the file itself: `--data-binary @FILE`"
_LIKE_A_PATH = re.compile(r'[^\n{}\[\]"]{1,4096}')


class Ambiguous(dict[str, Any]):
    """An object in which a key stood more than once: the last one won, as JSON readers have it."""

    def __init__(self, pairs: Pairs):
        """The object of these members."""
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs)
        self.repeated = [key for key, count in counts.items() if count > 1]


CONTAINERS = (dict, list, Ambiguous)


class Reading(NamedTuple):
    """What a JSON text says.

    is_ambiguous: whether an `Ambiguous` object was read.
    """

    value: Any
    is_ambiguous: bool


def refuse(reason: str) -> NoReturn:
    """Raise `invalid_body`."""
    raise ApiError("invalid_body", f"the body {reason}")


def _no_constant(name: str) -> NoReturn:
    refuse(f"is not JSON: it has no {name}")


def _double(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        refuse("holds a number beyond the range of a double")
    return number


def _text(body: bytes) -> str:
    if not body.strip():
        refuse(f"is empty; JSON was expected{_FILE_HINT}")
    if body.startswith(BYTE_ORDER_MARKS):
        refuse("begins with a byte order mark; plain UTF-8 was expected")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        refuse(f"is not UTF-8 text (at byte {error.start})")


def _read(text: str) -> Reading:
    is_ambiguous = False

    def read_members(pairs: Pairs) -> dict[str, Any]:
        nonlocal is_ambiguous
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        is_ambiguous = True
        return Ambiguous(pairs)

    value = json.loads(
        text, parse_float=_double, parse_constant=_no_constant, object_pairs_hook=read_members
    )
    return Reading(value, is_ambiguous)


def _parse(text: str) -> Reading:
    try:
        return _read(text)
    except json.JSONDecodeError as error:
        hint = _FILE_HINT if _LIKE_A_PATH.fullmatch(text) else ""
        refuse(f"is not JSON: syntax error at line {error.lineno}, column {error.colno}{hint}")
    except RecursionError:
        refuse(f"is nested deeper than {MAX_DEPTH} levels")
    except ValueError:  # int() refuses thousands of digits
        refuse("holds an integer with too many digits")


def _too_deep(value: Any) -> bool:
    """Whether more than `MAX_DEPTH` arrays and objects lie in one another, looked at by level."""
    level = [value] if type(value) in CONTAINERS else []
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node if type(node) is list else node.values())
            if type(child) in CONTAINERS
        ]
    return bool(level)


def read_json(body: bytes) -> Reading:
    """What a JSON text says.

    body: the request's bytes, inflated.
    Raises `invalid_body`, with line and column where the syntax is wrong.
    """
    reading = _parse(_text(body))
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _too_deep(reading.value):
        refuse(f"is nested deeper than {MAX_DEPTH} levels")
    return reading

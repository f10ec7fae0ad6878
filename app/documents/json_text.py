"""Strict JSON text to Python values: what RFC 8259 or UTF-8 does not allow is `invalid_body`."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from math import isfinite
from typing import Any, NoReturn

from app.documents.pointer import pointer
from app.errors import MAX_DETAILS, ApiError

MAX_DEPTH = 200
BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
CONTAINERS = (dict, list)
# Half a pair can only be spelt by an escape. This finds, quickly, a text that may have one: a high
# half without a low one after it, a low one without a high one before it, or either behind an
# escaped backslash, where it may be mere text.
HALF_A_PAIR = re.compile(
    rb"""\\(?: u[dD][89abAB][0-9a-fA-F]{2} (?!\\u[dD][c-fC-F])
           | (?<! \\u[dD][89abAB][0-9a-fA-F]{2} \\ ) u[dD][c-fC-F]
           | \\u[dD][89a-fA-F] )""",
    re.VERBOSE,
)


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
        refuse("is empty; JSON was expected")
    if body.startswith(BYTE_ORDER_MARKS):
        refuse("begins with a byte order mark; plain UTF-8 was expected")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        refuse(f"is not UTF-8 text (at byte {error.start})")


def _parse(text: str) -> Any:
    try:
        return json.loads(text, parse_float=_double, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        refuse(f"is not JSON: syntax error at line {error.lineno}, column {error.colno}")
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
            for child in (node.values() if type(node) is dict else node)
            if type(child) in CONTAINERS
        ]
    return bool(level)


def read_json(body: bytes) -> Any:
    """The value of a JSON text.

    body: the request's bytes, inflated.
    Raises `invalid_body`, with line and column where the syntax is wrong.
    """
    value = _parse(_text(body))
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _too_deep(value):
        refuse(f"is nested deeper than {MAX_DEPTH} levels")
    return value


def _encodes(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _children(value: Any) -> list[tuple[str | int, Any]]:
    return list(value.items() if isinstance(value, dict) else enumerate(value))


def _spoilt(members: list[tuple[str | int, Any]]) -> Iterator[tuple[str | int, Any]]:
    """The members with a lone surrogate, found by halving: a loop over millions would be slow."""
    if _encodes(members):
        return
    if len(members) == 1:
        yield members[0]
        return
    middle = len(members) // 2
    yield from _spoilt(members[:middle])
    yield from _spoilt(members[middle:])


def _places(value: Any, at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    for key, child in _spoilt(_children(value)):
        place = (*at, key)
        if type(child) in CONTAINERS and not _encodes(child):
            yield from _places(child, place)
        else:
            yield place


def lone_surrogates(body: bytes, value: Any) -> list[str]:
    """Pointers to the first strings that have no UTF-8 form; for such a key, to its object.

    body: the text that `value`, an array or object, was read from.
    """
    if not HALF_A_PAIR.search(body):
        return []
    return list(map(pointer, islice(_places(value, ()), MAX_DETAILS)))

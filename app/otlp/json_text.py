"""JSON text as this house takes it: UTF-8, finite numbers, no half characters, not too deep.

Python's parser alone takes `NaN`, lone surrogates that no UTF-8 can hold, and as much nesting as
the caller's stack happens to have left.
"""

import json
import re
from typing import NoReturn

from app.errors import ApiError
from app.hop.json_depth import MAX_DEPTH, json_depth

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def _refuse(reason: str) -> NoReturn:
    raise ApiError("invalid_body", f"the body {reason}") from None


def _refuse_constant(literal: str) -> NoReturn:
    _refuse(f"is not JSON: it has no {literal}")


def _parse(body: bytes) -> object:
    document: object = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    if _SURROGATE.search(body):
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    return document


def _fault(error: ValueError) -> str:
    """What is wrong with a body whose reading ended in an error."""
    match error:
        case json.JSONDecodeError():
            return f"is not JSON: syntax error at line {error.lineno}, column {error.colno}"
        case UnicodeDecodeError():
            return f"is not UTF-8 text (at byte {error.start})"
        case UnicodeEncodeError():
            return "holds half a surrogate pair, which no UTF-8 can hold"
    # What int() refuses.
    return "holds an integer with too many digits"


def read_json(body: bytes) -> object:
    """The value of a JSON text.

    Raises `invalid_body` if it is not JSON in UTF-8, has a literal such as `NaN`, a string with a
    lone surrogate, or more than `MAX_DEPTH` levels.
    """
    if json_depth(body) > MAX_DEPTH:
        _refuse(f"is nested deeper than {MAX_DEPTH} levels")
    if not body.strip():
        _refuse("is empty; JSON was expected")
    try:
        return _parse(body)
    except ValueError as error:
        _refuse(_fault(error))

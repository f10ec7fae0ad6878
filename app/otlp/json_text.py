"""JSON text as this house takes it: UTF-8, finite numbers, no half characters, not too deep.

Python's parser alone takes `NaN`, lone surrogates that no UTF-8 can hold, and as much nesting as
the caller's stack happens to have left.
"""

import json
import re
from typing import Never

from app.errors import ApiError
from app.hop.json_depth import MAX_DEPTH, json_depth

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def _refuse_constant(literal: str) -> Never:
    raise ValueError(literal)


def _parse(body: bytes) -> object:
    document: object = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    if _SURROGATE.search(body):
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    return document


def read_json(body: bytes) -> object:
    """The value of a JSON text.

    Raises `invalid_body` if it is not JSON in UTF-8, has a literal such as `NaN`, a string with a
    lone surrogate, or more than `MAX_DEPTH` levels.
    """
    if json_depth(body) > MAX_DEPTH:
        raise ApiError("invalid_body", f"The JSON body nests deeper than {MAX_DEPTH} levels.")
    try:
        return _parse(body)
    except ValueError:
        raise ApiError("invalid_body", "The body is not valid JSON in UTF-8.") from None

"""Compact JSON in which each number stands as its author wrote it."""

import json
from json.encoder import encode_basestring
from typing import Any

from app.rules.literal import Numeral


def _member(key: str, value: Any) -> str:
    return f"{encode_basestring(key)}:{written_json(value)}"


def written_json(value: Any) -> str:
    """The text of a value of a document, as `read_document` gives it.

    Half a surrogate pair stays one.
    """
    if isinstance(value, Numeral):
        return value.written
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, list):
        return f"[{','.join(map(written_json, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(_member(key, member) for key, member in value.items())}}}"
    return json.dumps(value)

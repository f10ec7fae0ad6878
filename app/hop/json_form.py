"""The canonical text of a JSON value: equal values have equal texts, different ones different.

Keys are sorted, white space is gone, and a number is its digits and a power of ten, so that `1`,
`1.0` and `1e0` are one number however long or far from zero: nothing is ever computed from it.
"""

import json
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from typing import Any, NoReturn

# Deeper values are no JSON to us. Python's own limit would depend on the caller's depth.
MAX_DEPTH = 200


@dataclass(frozen=True, slots=True)
class _Number:
    text: str


def _number(numeral: str) -> _Number:
    mantissa, _, exponent = numeral.lower().partition("e")
    whole, _, fraction = mantissa.removeprefix("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return _Number("0")
    power = int(exponent or 0) - len(fraction) + len(digits) - len(significant)
    return _Number(f"{'-' if numeral[0] == '-' else ''}{significant}e{power}")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"JSON has no {name}")


def _leaf(value: Any) -> str:
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    return value.text if isinstance(value, _Number) else json.dumps(value)


def _text(value: Any, depth: int) -> str:
    if not isinstance(value, dict | list):
        return _leaf(value)
    if depth == MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, list):
        return f"[{','.join([_text(item, depth + 1) for item in value])}]"
    members = [f"{_leaf(key)}:{_text(value[key], depth + 1)}" for key in sorted(value)]
    return f"{{{','.join(members)}}}"


def canonical_json(body: bytes) -> bytes | None:
    """The canonical text of a JSON body; None where the body is not JSON in UTF-8."""
    try:
        value = json.loads(
            body.decode(), parse_int=_number, parse_float=_number, parse_constant=_no_constant
        )
        return _text(value, 0).encode()
    except (ValueError, RecursionError):
        return None

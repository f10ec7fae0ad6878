"""The canonical text of a JSON value: equal values have equal texts, different ones different.

Keys are sorted, white space is gone, and a number is its digits and a power of ten, so that `1`,
`1.0` and `1e0` are one number however long or far from zero: nothing is ever computed from it.
"""

import json
from json.encoder import encode_basestring_ascii

from app.hop.json_value import Json


def _number(numeral: str) -> str:
    mantissa, _, exponent = numeral.partition("E")
    whole, _, fraction = mantissa.removeprefix("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return "0"
    power = int(exponent or 0) - len(fraction) + len(digits) - len(significant)
    return f"{'-' if numeral[0] == '-' else ''}{significant}e{power}"


def _leaf(value: Json) -> str:
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return _number(str(value))


def _text(value: Json) -> str:
    if isinstance(value, list):
        return f"[{','.join([_text(item) for item in value])}]"
    if isinstance(value, dict):
        return f"{{{','.join([f'{_leaf(key)}:{_text(value[key])}' for key in sorted(value)])}}}"
    return _leaf(value)


def canonical_json(value: Json) -> bytes:
    """The canonical text of a JSON value, as `parse_json` gives it."""
    return _text(value).encode()

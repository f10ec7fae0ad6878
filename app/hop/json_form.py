"""The canonical text of a JSON value: equal values have equal texts, different ones different.

Keys are sorted, white space is gone, and a number is a short integer or its digits and a power of
ten, so that `1`, `1.0` and `1e0` are one number however long or far from zero: nothing is ever
computed from it. Nearly all of the work is done by the C encoder, as a body may hold millions of
values.
"""

import json
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from json.encoder import encode_basestring_ascii

from app.hop.json_value import SHORT_DIGITS, Json

# Rounds nothing.
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
# How a string begins that stands for a number which is no short integer, and how that is encoded.
_MARK = "\0"
_MARKED = '"\\u0000'


def _integer(number: Decimal) -> int | None:
    """The short integer that a number is; None for any other."""
    # One may be as long as its exponent says.
    if number.adjusted() >= SHORT_DIGITS:
        return None
    whole = int(number)
    return whole if whole == number else None


class _Numbers:
    """Encodes the numbers of one value that the encoder does not know; counts the marks."""

    def __init__(self) -> None:
        self.marked = 0

    def __call__(self, number: Decimal) -> int | str:
        """What is encoded in a number's place."""
        if (whole := _integer(number)) is not None:
            return whole
        self.marked += 1
        return f"{_MARK}{number.normalize(_EXACT)}"


def _encoded(value: Json, numbers: _Numbers) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=numbers)


def _leaf(value: Json) -> str:
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    # A space, which no text of the encoder has there, instead of the mark's quote.
    return _encoded(value, _Numbers()).replace(_MARKED, " ")


def _text(value: Json) -> str:
    """The text of a value with a string that looks as a number's mark does."""
    if isinstance(value, list):
        return f"[{','.join([_text(item) for item in value])}]"
    if isinstance(value, dict):
        return f"{{{','.join([f'{_leaf(key)}:{_text(value[key])}' for key in sorted(value)])}}}"
    return _leaf(value)


def canonical_json(value: Json) -> bytes:
    """The canonical text of a JSON value, as `parse_json` gives it."""
    numbers = _Numbers()
    text = _encoded(value, numbers)
    if text.count(_MARKED) != numbers.marked:
        text = f" {_text(value)}"
    return text.encode()

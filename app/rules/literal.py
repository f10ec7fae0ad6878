"""Literals of rules, and what they are compared with: JSON values with exact numbers."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Self

from app.hop.json_value import SHORT_DIGITS, Json

# Equal to nothing, itself included: what stands for a value that no JSON text can say.
_INCOMPARABLE = Decimal("nan")
# From here on an integer of a body is a Decimal.
_LONG = 10**SHORT_DIGITS


class Numeral(float):
    """A number of a document that remembers how it was written: a double may not hold it."""

    written: str

    def __new__(cls, written: str) -> Self:
        """The number that a text spells."""
        numeral = super().__new__(cls, written)
        numeral.written = written
        return numeral


def _integer(written: str) -> int | Numeral:
    # The one integer that is not written as it is known.
    return Numeral(written) if written == "-0" else int(written)


def read_document(text: bytes) -> Any:
    """The value of a valid document, from which literals can be made exactly."""
    return json.loads(text, parse_float=Numeral, parse_int=_integer)


def _exact(number: float) -> Decimal:
    if not isinstance(number, Numeral):
        return Decimal(repr(number))
    try:
        return Decimal(number.written)
    except ArithmeticError:
        # So close to zero that no Decimal says how close; no body's number is.
        return _INCOMPARABLE


def _of_bytes(octets: bytes) -> Json:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return _INCOMPARABLE


def exact_json(value: object) -> Json:
    """The value of a literal, or of a span attribute, with exact numbers.

    A double is the number that its shortest decimal form says. Bytes are their text in UTF-8.
    """
    match value:
        case float():
            return _exact(value)
        case bytes():
            return _of_bytes(value)
        case list():
            return [exact_json(item) for item in value]
        case Mapping():
            return {str(key): exact_json(item) for key, item in value.items()}
        case int() if abs(value) >= _LONG:
            return Decimal(value)
        case str() | int() | None:
            return value
    raise TypeError(f"a {type(value).__name__} is no JSON value")


def literal_text(value: Any) -> str:
    """A literal as a rule's author would write it."""
    return json.dumps(value, ensure_ascii=False)

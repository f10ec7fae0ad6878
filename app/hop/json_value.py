"""JSON values: a body's JSON as Python values in which numbers have their exact decimal value.

A number is an `int` where its text is a short integer, else a `Decimal`: the two compare exactly,
and nothing is ever computed from them, so `1e999999999` costs no more than `1`. An exponent of
19 digits has no Decimal; such a text is no JSON to us. Half a character, which only an escape can
write, stays half a character.
"""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Final, Literal, NoReturn, TypeAlias, cast

from app.hop.json_depth import MAX_DEPTH, json_depth

Json: TypeAlias = "str | int | Decimal | bool | list[Json] | dict[str, Json] | None"


class NoJson(Enum):
    """What stands in a value's place where there is no JSON."""

    NOT_JSON = "not JSON"


NOT_JSON: Final = NoJson.NOT_JSON
NotJson = Literal[NoJson.NOT_JSON]

# An integer of no more digits is an `int`: reading longer ones as such would take quadratic time.
SHORT_DIGITS = 18


def exact(numeral: str) -> int | Decimal:
    """The number that a JSON text spells.

    Raises ArithmeticError for an exponent beyond all measure.
    """
    return Decimal(numeral)


def _integer(numeral: str) -> int | Decimal:
    return int(numeral) if len(numeral) <= SHORT_DIGITS else exact(numeral)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"JSON has no {name}")


def _decoder(parse_int: Callable[[str], int | Decimal]) -> json.JSONDecoder:
    # Classes rather than functions of ours: they are called without leaving C.
    return json.JSONDecoder(parse_int=parse_int, parse_float=Decimal, parse_constant=_no_constant)


_of_any, _of_short = _decoder(_integer), _decoder(int)
_BEGINNING = re.compile(rb'[ \t\r\n]*+[\[{"tfn0-9-]')
_LONG_DIGITS = re.compile(rb"[0-9]{%d}" % (SHORT_DIGITS + 1))


def parse_json(body: bytes) -> Json | NotJson:
    """The value of a JSON text in UTF-8; of a repeated key the last value counts."""
    # Most bodies that are no JSON say so with their first character, however long they are.
    if not _BEGINNING.match(body) or json_depth(body) > MAX_DEPTH:
        return NOT_JSON
    try:
        decoder = _of_any if _LONG_DIGITS.search(body) else _of_short
        return cast("Json", decoder.decode(body.decode()))
    except (ValueError, ArithmeticError, RecursionError):
        return NOT_JSON


def is_number(value: object) -> bool:
    """Whether a JSON value is a number, which a boolean is not, though Python has it so."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _same_leaf(one: Json, other: Json) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other


def _free(_steps: int) -> None:
    pass


def same_json(one: Json, other: Json, spend: Callable[[int], None] = _free) -> bool:
    """Whether two JSON values are equal: numbers by value, no two of different types.

    spend: told how many values are about to be compared; may raise to stop.
    """
    pairs = [(one, other)]
    while pairs:
        one, other = pairs.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            spend(len(one))
            if one.keys() != other.keys():
                return False
            pairs.extend((one[key], other[key]) for key in one)
        elif isinstance(one, list) and isinstance(other, list):
            spend(len(one))
            if len(one) != len(other):
                return False
            pairs.extend(zip(one, other, strict=True))
        elif not _same_leaf(one, other):
            return False
    return True

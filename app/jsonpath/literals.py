"""Literals: the numbers and strings that a JSONPath writes out."""

import re

from app.hop.json_value import exact
from app.jsonpath.expressions import Constant
from app.jsonpath.scanner import Scanner

# Larger indexes have no exact form everywhere, so RFC 9535 (2.1) has none.
_LARGEST = 2**53 - 1

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_CODE = r"u(?:[0-9a-cefA-CEF][0-9a-fA-F]|[dD][0-7])[0-9a-fA-F]{2}"
_HIGH, _LOW = r"u[dD][89abAB][0-9a-fA-F]{2}", r"u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rf"\\(?:({_HIGH})\\({_LOW})|({_CODE})|(.))")
_STRINGS = {
    quote: re.compile(
        rf"(?:[^{quote}\\\x00-\x1f\ud800-\udfff]|\\(?:[bfnrt/\\{quote}]|{_CODE}|{_HIGH}\\{_LOW}))*+"
    )
    for quote in "'\""
}
_NAMED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _unescaped(found: re.Match[str]) -> str:
    high, low, code, character = found.groups()
    if high:
        return chr(0x10000 + ((int(high[1:], 16) & 0x3FF) << 10) + (int(low[1:], 16) & 0x3FF))
    return chr(int(code[1:], 16)) if code else _NAMED.get(character, character)


def read_string(scanner: Scanner) -> str | None:
    """The string that begins here; None where none does."""
    for quote, characters in _STRINGS.items():
        if scanner.take(quote):
            found = scanner.match(characters)
            if not scanner.take(quote):
                scanner.fail(f"a character of a string, an escape or `{quote}`")
            return _ESCAPE.sub(_unescaped, found[0]) if found else ""
    return None


def read_integer(scanner: Scanner) -> int | None:
    """The index that begins here; None where none does."""
    start = scanner.at
    if not (found := scanner.match(_INTEGER)):
        return None
    if len(found[0]) > len(str(-_LARGEST)) or abs(int(found[0])) > _LARGEST:
        scanner.fail(f"an index of at most {_LARGEST}", start)
    return int(found[0])


def read_number(scanner: Scanner) -> Constant | None:
    """The number that begins here, exactly; None where none does."""
    start = scanner.at
    if not (found := scanner.match(_NUMBER)):
        return None
    try:
        return Constant(exact(found[0]))
    except ArithmeticError:
        scanner.fail("a number within all measure", start)

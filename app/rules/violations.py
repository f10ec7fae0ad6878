"""Violations that no schema can see: what does not compile, and delays that end before they begin.

Of what was sent, reasons show no more than a piece of syntax.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from app.jsonpath.error import JsonPathError
from app.jsonpath.path import JsonPath
from app.rules.pattern import Pattern, PatternError

# How many instructions the patterns of one document may compile to together: enough for 10,000
# rules with ordinary ones, and little enough for the memory of a replica.
MAX_INSTRUCTIONS = 1_000_000

Place = tuple[str | int, ...]


class Violation(NamedTuple):
    """One violation.

    place: the keys and indices on the way to it. message: one clause.
    """

    place: Place
    message: str

    def below(self, *way: str | int) -> "Violation":
        """The same, seen from further up."""
        return Violation((*way, *self.place), self.message)


Check = Callable[[Any], Iterable[Violation]]


def _members(checks: Mapping[str, Check], members: Mapping[str, Any]) -> Iterator[Violation]:
    """Those of an object's members, in their order."""
    for key, value in members.items():
        if check := checks.get(key):
            yield from (violation.below(key) for violation in check(value))


def _items(check: Check, items: Iterable[Any]) -> Iterator[Violation]:
    """Those of an array's items."""
    for index, item in enumerate(items):
        yield from (violation.below(index) for violation in check(item))


def _path(text: str) -> Iterator[Violation]:
    try:
        JsonPath.parse(text)
    except JsonPathError as error:
        yield Violation((), f"is not a JSONPath: {error}")


def _path_keys(literals: Mapping[str, Any]) -> Iterator[Violation]:
    for text in literals:
        yield from (violation.below(text) for violation in _path(text))


def _delay(delay: float | Mapping[str, float]) -> Iterator[Violation]:
    if isinstance(delay, Mapping) and delay["min"] > delay["max"]:
        yield Violation((), "`min` must not be above `max`")


class _Patterns:
    """The patterns of one document, whose sizes add up."""

    def __init__(self) -> None:
        self._instructions = 0

    def _fault(self, text: str) -> str:
        """What is wrong with one more pattern; empty for nothing."""
        try:
            # Once they are too many, compiling still more of them would take for ever.
            if self._instructions <= MAX_INSTRUCTIONS:
                self._instructions += Pattern.parse(text).size
        except PatternError as error:
            return f"is not a regular expression that RE2 takes: {error.reason}"
        is_too_large = self._instructions > MAX_INSTRUCTIONS
        return "is too large together with the patterns before it" if is_too_large else ""

    def check(self, wanted: str | Mapping[str, str]) -> Iterator[Violation]:
        """The violations of a `headerMatch`."""
        patterns = {} if isinstance(wanted, str) else wanted
        for name, text in patterns.items():
            if fault := self._fault(text):
                yield Violation((name,), fault)


_ANSWER: Mapping[str, Check] = {"delayMs": _delay}
_THEN: Mapping[str, Check] = {
    "delayMs": _delay,
    "response": partial(_members, _ANSWER),
    "error": partial(_members, _ANSWER),
    "ignore": partial(_members, {"bodyPaths": partial(_items, _path)}),
    "captureOnly": partial(_members, {"redactBodyPaths": partial(_items, _path)}),
}


def violations(rules: Sequence[Mapping[str, Any]]) -> Iterator[Violation]:
    """Those of rules that their schema lets through, in the document's order."""
    when: Mapping[str, Check] = {
        "headerMatch": _Patterns().check,
        "bodyJsonPath": _path,
        "bodyJsonPathEquals": _path_keys,
    }
    checks = {"when": partial(_members, when), "then": partial(_members, _THEN)}
    return _items(partial(_members, checks), rules)


def policy_violations(policy: Mapping[str, Any]) -> Iterator[Violation]:
    """Those of a policy that its schema lets through."""
    return _members({"response": partial(_members, _ANSWER)}, policy)

"""The parser: the grammar of RFC 9535, a function for each rule of it that matters.

It is ours, and not a library's, because those that there are take texts that the RFC does not
(`$[1:2 3]`, `$[?!!@.a]`, `$[?(@.a)==1]`) and refuse some that it does (`$.日本`).
"""

import re
from collections.abc import Callable
from typing import TypeVar

from app.jsonpath.expressions import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Constant,
    Exists,
    Lookup,
    Not,
    Value,
)
from app.jsonpath.functions import Count, Length, Matches, ValueOf
from app.jsonpath.literals import read_integer, read_number, read_string
from app.jsonpath.pattern import check_pattern
from app.jsonpath.query import Descent, Query, Segment, Selector
from app.jsonpath.scanner import Scanner
from app.jsonpath.selectors import Filter, Index, Name, Slice, Wildcard, is_singular

# How deep parentheses, brackets and calls may lie in one another.
MAX_NESTING = 32

_LETTER = r"A-Za-z_\u0080-\ud7ff\ue000-\U0010ffff"
_NAME = re.compile(rf"[{_LETTER}][0-9{_LETTER}]*")
_WORD = re.compile(r"[a-z][a-z_0-9]*")
_OPERATOR = re.compile(r"==|!=|<=|>=|<|>")
_CONSTANTS = {"true": Constant(True), "false": Constant(False), "null": Constant(None)}

_T = TypeVar("_T")

Operand = Query | Value | Condition


class Parser:
    """Reads one JSONPath.

    scanner: its text, from the beginning.
    """

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._depth = 0

    def path(self) -> tuple[Segment, ...]:
        """The segments of a whole path."""
        self._scanner.expect("$")
        segments = self._segments()
        if not self._scanner.done:
            self._scanner.fail("`.`, `..`, `[` or the end")
        return segments

    def _segments(self) -> tuple[Segment, ...]:
        segments = []
        while True:
            start = self._scanner.at
            self._scanner.space()
            if segment := self._segment():
                segments.append(segment)
            else:
                self._scanner.at = start
                return tuple(segments)

    def _segment(self) -> Segment | None:
        if self._scanner.take(".."):
            bracketed = self._scanner.take("[")
            return Descent(self._bracketed() if bracketed else (self._shorthand(),))
        if self._scanner.take("."):
            return Segment((self._shorthand(),))
        return Segment(self._bracketed()) if self._scanner.take("[") else None

    def _shorthand(self) -> Selector:
        if self._scanner.take("*"):
            return Wildcard()
        found = self._scanner.match(_NAME)
        return Name(found[0]) if found else self._scanner.fail("a name or `*`")

    def _bracketed(self) -> tuple[Selector, ...]:
        return tuple(self._listed(self._selector, "]"))

    def _listed(self, read: Callable[[], _T], closing: str) -> list[_T]:
        """What is read between commas, up to the closing bracket."""
        self._enter()
        items = []
        while True:
            self._scanner.space()
            items.append(read())
            self._scanner.space()
            if self._scanner.take(closing):
                self._depth -= 1
                return items
            if not self._scanner.take(","):
                self._scanner.fail(f"`,` or `{closing}`")

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_NESTING:
            self._scanner.fail(f"no more than {MAX_NESTING} levels of nesting")

    def _selector(self) -> Selector:
        name = read_string(self._scanner)
        if name is not None:
            return Name(name)
        if self._scanner.take("*"):
            return Wildcard()
        if self._scanner.take("?"):
            self._scanner.space()
            return Filter(self._any())
        return self._index_or_slice()

    def _index_or_slice(self) -> Selector:
        start = read_integer(self._scanner)
        after = self._scanner.at
        self._scanner.space()
        if self._scanner.take(":"):
            self._scanner.space()
            return self._slice(start)
        self._scanner.at = after
        return self._scanner.fail("a selector") if start is None else Index(start)

    def _slice(self, start: int | None) -> Slice:
        end = read_integer(self._scanner)
        after = self._scanner.at
        self._scanner.space()
        if not self._scanner.take(":"):
            self._scanner.at = after
            return Slice(start, end)
        self._scanner.space()
        return Slice(start, end, read_integer(self._scanner))

    def _any(self) -> Condition:
        conditions = self._joined("||", self._all)
        return conditions[0] if len(conditions) == 1 else AnyOf(conditions)

    def _all(self) -> Condition:
        conditions = self._joined("&&", self._basic)
        return conditions[0] if len(conditions) == 1 else AllOf(conditions)

    def _joined(self, operator: str, read: Callable[[], Condition]) -> tuple[Condition, ...]:
        conditions = [read()]
        while True:
            after = self._scanner.at
            self._scanner.space()
            if not self._scanner.take(operator):
                self._scanner.at = after
                return tuple(conditions)
            self._scanner.space()
            conditions.append(read())

    def _basic(self) -> Condition:
        negated = self._scanner.take("!")
        if negated:
            self._scanner.space()
        start = self._scanner.at
        if self._scanner.take("("):
            condition = self._parenthesized()
        else:
            operand = self._operand()
            compared = None if negated else self._comparison(operand, start)
            condition = compared or self._test(operand, start)
        return Not(condition) if negated else condition

    def _parenthesized(self) -> Condition:
        self._enter()
        self._scanner.space()
        condition = self._any()
        self._scanner.space()
        self._scanner.expect(")")
        self._depth -= 1
        return condition

    def _comparison(self, left: Operand, start: int) -> Comparison | None:
        after = self._scanner.at
        self._scanner.space()
        operator = self._scanner.match(_OPERATOR)
        if operator is None:
            self._scanner.at = after
            return None
        compared = self._value(left, start)
        self._scanner.space()
        right = self._scanner.at
        return Comparison(compared, operator[0], self._value(self._operand(), right))

    def _test(self, operand: Operand, start: int) -> Condition:
        if isinstance(operand, Query):
            return Exists(operand)
        if isinstance(operand, Matches):
            return operand
        return self._scanner.fail("a condition: a value has to be compared", start)

    def _value(self, operand: Operand, start: int) -> Value:
        if isinstance(operand, Query):
            if not is_singular(operand.segments):
                self._scanner.fail("a query that leads to one node at most", start)
            return Lookup(operand)
        if isinstance(operand, Constant | Length | Count | ValueOf):
            return operand
        return self._scanner.fail("a value: match() and search() have none", start)

    def _operand(self) -> Operand:
        for root in "@$":
            if self._scanner.take(root):
                return Query(root == "@", self._segments())
        text = read_string(self._scanner)
        if text is not None:
            return Constant(text)
        return read_number(self._scanner) or self._word()

    def _word(self) -> Operand:
        start = self._scanner.at
        word = self._scanner.match(_WORD)
        if word and self._scanner.take("("):
            return self._call(word[0], start)
        if word and word[0] in _CONSTANTS:
            return _CONSTANTS[word[0]]
        return self._scanner.fail("a query, a function or a literal", start)

    def _call(self, name: str, start: int) -> Operand:
        arguments = self._listed(self._argument, ")")
        operands = [operand for operand, _ in arguments]
        if name in ("count", "value") and len(operands) == 1 and isinstance(operands[0], Query):
            return Count(operands[0]) if name == "count" else ValueOf(operands[0])
        if name == "length" and len(operands) == 1:
            return Length(self._value(*arguments[0]))
        if name in ("match", "search") and len(operands) == 2:
            return self._matches(name, arguments)
        return self._scanner.fail(
            "length(value), count(nodes), value(nodes) or match(text, pattern)", start
        )

    def _argument(self) -> tuple[Operand, int]:
        start = self._scanner.at
        return self._operand(), start

    def _matches(self, name: str, arguments: list[tuple[Operand, int]]) -> Matches:
        text, pattern = (self._value(*argument) for argument in arguments)
        if isinstance(pattern, Constant) and isinstance(pattern.constant, str):
            try:
                check_pattern(pattern.constant)
            except ValueError as error:
                self._scanner.fail(f"a pattern that compiles: {error}", arguments[1][1])
        return Matches(text, pattern, name == "match")

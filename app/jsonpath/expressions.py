"""Expressions: the conditions of filters and the values that they compare."""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, Protocol, cast

from app.hop.json_value import Json, is_number, same_json
from app.jsonpath.query import Query, Run


class Nowhere(Enum):
    """What a query that leads nowhere gives in a value's place; RFC 9535 calls it Nothing."""

    NOTHING = "nothing"


NOTHING: Final = Nowhere.NOTHING
Nothing = Literal[Nowhere.NOTHING]


class Condition(Protocol):
    """An expression that holds or does not."""

    def holds(self, current: Json, run: Run, /) -> bool:
        """Whether it holds for the current value."""


class Value(Protocol):
    """An expression that has a value."""

    def value(self, current: Json, run: Run, /) -> Json | Nothing:
        """Its value where this is the current one."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal."""

    constant: Json

    def value(self, _current: Json, _run: Run, /) -> Json | Nothing:
        """Always the same."""
        return self.constant


@dataclass(frozen=True, slots=True)
class Lookup:
    """A query that leads to one node at most."""

    query: Query

    def value(self, current: Json, run: Run, /) -> Json | Nothing:
        """The value of that node."""
        node = next(self.query.nodes(current, run), None)
        return NOTHING if node is None else node.value


@dataclass(frozen=True, slots=True)
class Exists:
    """A query as a condition."""

    query: Query

    def holds(self, current: Json, run: Run, /) -> bool:
        """Whether it leads to any node."""
        return next(self.query.nodes(current, run), None) is not None


@dataclass(frozen=True, slots=True)
class Not:
    """`!`."""

    condition: Condition

    def holds(self, current: Json, run: Run, /) -> bool:
        """Whether the condition does not hold."""
        return not self.condition.holds(current, run)


@dataclass(frozen=True, slots=True)
class AllOf:
    """`&&` between conditions."""

    conditions: tuple[Condition, ...]

    def holds(self, current: Json, run: Run, /) -> bool:
        """Whether all hold."""
        run.work.spend(len(self.conditions))
        return all(condition.holds(current, run) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`||` between conditions."""

    conditions: tuple[Condition, ...]

    def holds(self, current: Json, run: Run, /) -> bool:
        """Whether one holds."""
        run.work.spend(len(self.conditions))
        return any(condition.holds(current, run) for condition in self.conditions)


def _equal(left: Json | Nothing, right: Json | Nothing, run: Run) -> bool:
    if left is NOTHING or right is NOTHING:
        return left is right
    return same_json(left, right, run.work.spend)


def _less(left: Json | Nothing, right: Json | Nothing) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left < right
    if is_number(left) and is_number(right):
        return cast("int", left) < cast("int", right)
    return False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values with `==`, `!=`, `<`, `<=`, `>` or `>=` between them."""

    left: Value
    operator: str
    right: Value

    def holds(self, current: Json, run: Run, /) -> bool:
        """Whether the values are so to each other; only numbers and only strings have an order."""
        run.work.spend(1)
        left, right = self.left.value(current, run), self.right.value(current, run)
        if self.operator in (">", ">="):
            left, right = right, left
        if self.operator == "!=":
            return not _equal(left, right, run)
        return (self.operator != "==" and _less(left, right)) or (
            self.operator not in ("<", ">") and _equal(left, right, run)
        )

"""The functions of RFC 9535: `length`, `count`, `value`, `match` and `search`."""

from dataclasses import dataclass

from app.hop.json_value import Json
from app.jsonpath.expressions import NOTHING, Constant, Nothing, Value
from app.jsonpath.pattern import matches, prepare
from app.jsonpath.query import Query, Run


@dataclass(frozen=True, slots=True)
class Length:
    """`length(value)`: how many characters, elements or members."""

    of: Value

    def value(self, current: Json, run: Run, /) -> Json | Nothing:
        """Nothing for what has no length."""
        value = self.of.value(current, run)
        return len(value) if isinstance(value, str | list | dict) else NOTHING


@dataclass(frozen=True, slots=True)
class Count:
    """`count(nodes)`: to how many nodes a query leads."""

    of: Query

    def value(self, current: Json, run: Run, /) -> Json | Nothing:
        """A number."""
        return sum(1 for _ in self.of.nodes(current, run))


@dataclass(frozen=True, slots=True)
class ValueOf:
    """`value(nodes)`: the value of the one node to which a query leads."""

    of: Query

    def value(self, current: Json, run: Run, /) -> Json | Nothing:
        """Nothing where the query leads to none or to several."""
        nodes = self.of.nodes(current, run)
        node = next(nodes, None)
        return NOTHING if node is None or next(nodes, None) is not None else node.value


@dataclass(frozen=True, slots=True)
class Matches:
    """`match(text, pattern)` and `search(text, pattern)`.

    is_whole: whether the pattern has to match the whole text.
    """

    text: Value
    pattern: Value
    is_whole: bool

    def holds(self, current: Json, run: Run, /) -> bool:
        """Not for what is no text, nor for a pattern that is none."""
        text = self.text.value(current, run)
        pattern = self.pattern.value(current, run)
        if not isinstance(text, str) or not isinstance(pattern, str):
            return False
        if not isinstance(self.pattern, Constant) and not prepare(pattern, run.work.spend):
            return False
        return matches(pattern, text, self.is_whole, run.work.spend)

"""Predicates: what a rule's `when` asks of a hop.

Each compares normal forms and can also say in words what it expected and what it saw.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from app.hop.host import Host
from app.hop.model import Hop
from app.hop.path import normal_escapes, normal_path


class Predicate(Protocol):
    """One condition, made ready when its rule is compiled."""

    def matches(self, hop: Hop) -> bool:
        """Whether it holds for a hop."""

    def explain(self, hop: Hop) -> str:
        """What it expected and what it saw, in one clause."""


def _clause(key: str, expected: str, seen: object) -> str:
    return f"{key}: expected {expected}, saw {f'`{seen}`' if str(seen) else 'none'}"


def _listed(values: Iterable[object]) -> str:
    return ", ".join(f"`{value}`" for value in values) or "nothing"


@dataclass(frozen=True, slots=True)
class DirectionIs:
    """`direction`: a hop whose direction is unknown matches neither."""

    wanted: str

    def matches(self, hop: Hop) -> bool:
        """Whether it is the wanted one."""
        return hop.direction == self.wanted

    def explain(self, hop: Hop) -> str:
        """Both directions."""
        return _clause("direction", f"`{self.wanted}`", hop.direction)


@dataclass(frozen=True, slots=True)
class ServiceIs:
    """`service`: exactly."""

    wanted: str

    def matches(self, hop: Hop) -> bool:
        """Whether it is the wanted one."""
        return hop.service == self.wanted

    def explain(self, hop: Hop) -> str:
        """Both services."""
        return _clause("service", f"`{self.wanted}`", hop.service)


@dataclass(frozen=True, slots=True)
class HostIs:
    """`host`: the port counts only where the rule names one."""

    wanted: Host

    def matches(self, hop: Hop) -> bool:
        """Whether it is the wanted one."""
        return hop.host.is_host(self.wanted)

    def explain(self, hop: Hop) -> str:
        """Both hosts."""
        return _clause("host", f"`{self.wanted}`", hop.host)


@dataclass(frozen=True, slots=True)
class HostEndsWith:
    """`hostSuffix`: as text, whatever the labels."""

    suffix: Host

    def matches(self, hop: Hop) -> bool:
        """Whether the host ends with it."""
        return hop.host.ends_with(self.suffix)

    def explain(self, hop: Hop) -> str:
        """The suffix and the host."""
        return _clause("hostSuffix", f"a host that ends with `{self.suffix}`", hop.host)


@dataclass(frozen=True, slots=True)
class HostEndsWithNone:
    """`notHostSuffix`: a hop without a host ends with none."""

    suffixes: tuple[Host, ...]

    def matches(self, hop: Hop) -> bool:
        """Whether the host ends with none of them."""
        return not any(hop.host.ends_with(suffix) for suffix in self.suffixes)

    def explain(self, hop: Hop) -> str:
        """The suffixes and the host."""
        expected = f"a host that ends with none of {_listed(self.suffixes)}"
        return _clause("notHostSuffix", expected, hop.host)


@dataclass(frozen=True, slots=True)
class MethodIs:
    """`method`: in upper case."""

    wanted: str

    def matches(self, hop: Hop) -> bool:
        """Whether it is the wanted one, in any case."""
        return hop.method.upper() == self.wanted

    def explain(self, hop: Hop) -> str:
        """Both methods."""
        return _clause("method", f"`{self.wanted}`", hop.method)


@dataclass(frozen=True, slots=True)
class PathIs:
    """`path`: in normal form."""

    wanted: str

    def matches(self, hop: Hop) -> bool:
        """Whether it is the wanted one."""
        return hop.path == self.wanted

    def explain(self, hop: Hop) -> str:
        """Both paths."""
        return _clause("path", f"`{self.wanted}`", hop.path)


@dataclass(frozen=True, slots=True)
class PathStartsWith:
    """`pathPrefix`: in normal form; where it ends within an escape, that one is a broken one."""

    prefix: str

    def matches(self, hop: Hop) -> bool:
        """Whether the path starts with it."""
        return hop.path.startswith(self.prefix)

    def explain(self, hop: Hop) -> str:
        """The prefix and the path."""
        return _clause("pathPrefix", f"a path that starts with `{self.prefix}`", hop.path)


class HeaderValue(NamedTuple):
    """A value that a header, whose name is in lower case, must have among its values."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"

    def is_in(self, hop: Hop) -> bool:
        """Whether the hop has it."""
        return self.value in hop.headers.get(self.name, ())


@dataclass(frozen=True, slots=True)
class HeadersHave:
    """`headers`: all the wanted values must be there."""

    wanted: tuple[HeaderValue, ...]

    def matches(self, hop: Hop) -> bool:
        """Whether none is missing."""
        return all(pair.is_in(hop) for pair in self.wanted)

    def explain(self, hop: Hop) -> str:
        """What is wanted and what of it is missing; what is there instead may be a secret."""
        missing = (pair for pair in self.wanted if not pair.is_in(hop))
        return f"headers: expected {_listed(self.wanted)}, missed {_listed(missing)}"


def _header_values(headers: Mapping[str, Any]) -> tuple[HeaderValue, ...]:
    return tuple(
        HeaderValue(name.lower(), value)
        for name, values in headers.items()
        for value in ([values] if isinstance(values, str) else values)
    )


PREDICATES: Mapping[str, Callable[[Any], Predicate]] = {
    "direction": DirectionIs,
    "service": ServiceIs,
    "host": lambda text: HostIs(Host.parse(text)),
    "hostSuffix": lambda text: HostEndsWith(Host.parse(text)),
    "notHostSuffix": lambda texts: HostEndsWithNone(Host.parse_all(texts)),
    "method": lambda text: MethodIs(text.upper()),
    "path": lambda text: PathIs(normal_path(text)),
    "pathPrefix": lambda text: PathStartsWith(normal_escapes(text)),
    "headers": lambda headers: HeadersHave(_header_values(headers)),
}


def predicates_of(when: Mapping[str, Any]) -> tuple[Predicate, ...]:
    """The predicates that a rule's valid `when` describes."""
    return tuple(PREDICATES[key](value) for key, value in when.items())

"""Predicates on a request's first line, its host and its way: each compares normal forms."""

from dataclasses import dataclass

from app.hop.host import Host
from app.hop.model import Hop
from app.rules.predicate import clause, listed


@dataclass(frozen=True, slots=True)
class DirectionIs:
    """`direction`: a hop whose direction is unknown matches neither."""

    wanted: str

    def matches(self, hop: Hop) -> bool:
        """Whether it is the wanted one."""
        return hop.direction == self.wanted

    def explain(self, hop: Hop) -> str | None:
        """Both directions, where they differ."""
        if self.matches(hop):
            return None
        return clause("direction", f"`{self.wanted}`", hop.direction)


@dataclass(frozen=True, slots=True)
class ServiceIs:
    """`service`: exactly."""

    wanted: str

    def matches(self, hop: Hop) -> bool:
        """Whether it is the wanted one."""
        return hop.service == self.wanted

    def explain(self, hop: Hop) -> str | None:
        """Both services, where they differ."""
        if self.matches(hop):
            return None
        return clause("service", f"`{self.wanted}`", hop.service)


@dataclass(frozen=True, slots=True)
class HostIs:
    """`host`: the port counts only where the rule names one."""

    wanted: Host

    def matches(self, hop: Hop) -> bool:
        """Whether it is the wanted one."""
        return hop.host.is_host(self.wanted)

    def explain(self, hop: Hop) -> str | None:
        """Both hosts, where they differ."""
        return None if self.matches(hop) else clause("host", f"`{self.wanted}`", hop.host)


@dataclass(frozen=True, slots=True)
class HostEndsWith:
    """`hostSuffix`: as text, whatever the labels."""

    suffix: Host

    def matches(self, hop: Hop) -> bool:
        """Whether the host ends with it."""
        return hop.host.ends_with(self.suffix)

    def explain(self, hop: Hop) -> str | None:
        """The suffix and a host that does not end with it."""
        if self.matches(hop):
            return None
        return clause("hostSuffix", f"a host that ends with `{self.suffix}`", hop.host)


@dataclass(frozen=True, slots=True)
class HostEndsWithNone:
    """`notHostSuffix`: a hop without a host ends with none."""

    suffixes: tuple[Host, ...]

    def matches(self, hop: Hop) -> bool:
        """Whether the host ends with none of them."""
        return not any(hop.host.ends_with(suffix) for suffix in self.suffixes)

    def explain(self, hop: Hop) -> str | None:
        """The suffixes and a host that ends with one of them."""
        if self.matches(hop):
            return None
        expected = f"a host that ends with none of {listed(self.suffixes)}"
        return clause("notHostSuffix", expected, hop.host)


@dataclass(frozen=True, slots=True)
class MethodIs:
    """`method`: in upper case."""

    wanted: str

    def matches(self, hop: Hop) -> bool:
        """Whether it is the wanted one, in any case."""
        return hop.method.upper() == self.wanted

    def explain(self, hop: Hop) -> str | None:
        """Both methods, where they differ."""
        return None if self.matches(hop) else clause("method", f"`{self.wanted}`", hop.method)


@dataclass(frozen=True, slots=True)
class PathIs:
    """`path`: in normal form."""

    wanted: str

    def matches(self, hop: Hop) -> bool:
        """Whether it is the wanted one."""
        return hop.path == self.wanted

    def explain(self, hop: Hop) -> str | None:
        """Both paths, where they differ."""
        return None if self.matches(hop) else clause("path", f"`{self.wanted}`", hop.path)


@dataclass(frozen=True, slots=True)
class PathStartsWith:
    """`pathPrefix`: in normal form; where it ends within an escape, that one is a broken one."""

    prefix: str

    def matches(self, hop: Hop) -> bool:
        """Whether the path starts with it."""
        return hop.path.startswith(self.prefix)

    def explain(self, hop: Hop) -> str | None:
        """The prefix and a path that does not start with it."""
        if self.matches(hop):
            return None
        return clause("pathPrefix", f"a path that starts with `{self.prefix}`", hop.path)


# All of them: what a hop answers without a look at its headers, its attributes or its body.
FIRST_LINE = (
    DirectionIs,
    ServiceIs,
    MethodIs,
    PathIs,
    PathStartsWith,
    HostIs,
    HostEndsWith,
    HostEndsWithNone,
)

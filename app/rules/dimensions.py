"""Dimensions: what rules ask of hops by a key, so that a hop finds those that may match it.

A key is a prefilter: what a rule asks implies that the hop has the rule's key, not the reverse.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from app.hop.json_form import canonical_json
from app.hop.model import Hop
from app.rules.body_predicates import BodyEquals, BodyValue
from app.rules.header_predicates import HeadersHave, HeaderValue
from app.rules.literal import exact_json
from app.rules.request_predicates import (
    DirectionIs,
    HostEndsWith,
    HostIs,
    MethodIs,
    PathIs,
    PathStartsWith,
    ServiceIs,
)
from app.rules.rule import Rule
from app.rules.selection import selected
from app.rules.tag_predicates import TagsEqual

Key = Hashable
Asked = TypeVar("Asked")


class Dimension(Protocol):
    """One thing that rules ask, made ready for those that are told apart by it."""

    def key_of(self, rule: Rule) -> Key | None:
        """The key that every hop has that the rule matches; None where the rule does not ask."""

    def keys_in(self, hop: Hop) -> Iterable[Key]:
        """All the keys that the hop has, each once."""


class Exact(Generic[Asked]):
    """A predicate for whose key a hop has exactly one.

    kind: the predicate's. of_rule, of_hop: give the keys.
    """

    def __init__(
        self, kind: type[Asked], of_rule: Callable[[Asked], Key], of_hop: Callable[[Hop], Key]
    ) -> None:
        self._kind = kind
        self._of_rule = of_rule
        self._of_hop = of_hop

    def key_of(self, rule: Rule) -> Key | None:
        """What the rule's predicate wants."""
        asked = rule.asks(self._kind)
        return None if asked is None else self._of_rule(asked)

    def keys_in(self, hop: Hop) -> Iterable[Key]:
        """What the hop has."""
        return (self._of_hop(hop),)


class _Affix(ABC):
    """A part of a text, at one of its ends.

    lengths: those that the rules' parts have, so that a hop's text is not cut everywhere.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        keys = (self.key_of(rule) for rule in rules)
        self.lengths = sorted({len(key) for key in keys if key is not None})

    @abstractmethod
    def key_of(self, rule: Rule) -> str | None:
        """The part that the rule's predicate wants."""

    def _lengths_within(self, text: str) -> Iterator[int]:
        return (length for length in self.lengths if length <= len(text))


class HostSuffix(_Affix):
    """`hostSuffix`."""

    def key_of(self, rule: Rule) -> str | None:
        """The suffix, without a port."""
        asked = rule.asks(HostEndsWith)
        return None if asked is None else asked.suffix.name

    def keys_in(self, hop: Hop) -> Iterable[Key]:
        """The ends of the hop's host."""
        name = hop.host.name
        return [name[len(name) - length :] for length in self._lengths_within(name)]


class PathPrefix(_Affix):
    """`pathPrefix`."""

    def key_of(self, rule: Rule) -> str | None:
        """The prefix."""
        asked = rule.asks(PathStartsWith)
        return None if asked is None else asked.prefix

    def keys_in(self, hop: Hop) -> Iterable[Key]:
        """The beginnings of the hop's path."""
        return [hop.path[:length] for length in self._lengths_within(hop.path)]


class _Rarest(ABC):
    """A predicate with several keys at once, of which each rule is filed under its rarest."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._counts = Counter(key for rule in rules for key in self.all_of(rule))

    @abstractmethod
    def all_of(self, rule: Rule) -> Sequence[Key]:
        """The keys that the rule's predicate wants."""

    def key_of(self, rule: Rule) -> Key | None:
        """The rarest key of the rule among those of all the rules."""
        return min(self.all_of(rule), key=self._counts.__getitem__, default=None)


class Header(_Rarest):
    """`headers`: a name with a value."""

    def all_of(self, rule: Rule) -> Sequence[Key]:
        """The values that the rule wants."""
        asked = rule.asks(HeadersHave)
        return asked.wanted if asked else ()

    def keys_in(self, hop: Hop) -> Iterable[Key]:
        """The values that the hop has."""
        return {HeaderValue(name, value) for name in hop.headers for value in hop.headers[name]}


class Tag(_Rarest):
    """`traceTags` or `traceTagEquals`: an attribute with a string for its value."""

    def all_of(self, rule: Rule) -> Sequence[Key]:
        """The strings that the rule wants."""
        asked = rule.asks(TagsEqual)
        wanted = asked.wanted if asked else ()
        return [(tag.name, tag.value) for tag in wanted if isinstance(tag.value, str)]

    def keys_in(self, hop: Hop) -> Iterable[Key]:
        """The strings that the hop has."""
        values = ((name, exact_json(value)) for name, value in hop.tags.items())
        return [(name, value) for name, value in values if isinstance(value, str)]


class Body(_Rarest):
    """`bodyJsonPathEquals`: a JSONPath with a value that is no array and no object."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        super().__init__(rules)
        wanted = (value for rule in rules for value in self._wanted(rule))
        self._paths = {value.path.text: value.path for value in wanted}

    def _wanted(self, rule: Rule) -> Sequence[BodyValue]:
        asked = rule.asks(BodyEquals)
        wanted = asked.wanted if asked else ()
        return [value for value in wanted if not isinstance(value.value, dict | list)]

    def all_of(self, rule: Rule) -> Sequence[Key]:
        """The values that the rule wants."""
        return [(value.path.text, canonical_json(value.value)) for value in self._wanted(rule)]

    def keys_in(self, hop: Hop) -> Iterable[Key]:
        """What the rules' paths select in the hop's body, each path followed once."""
        found = (
            (text, value) for text in self._paths for value in selected(self._paths[text], hop)
        )
        leaves = ((text, value) for text, value in found if not isinstance(value, dict | list))
        return {(text, canonical_json(value)) for text, value in leaves}


# The one that tells most apart first; that which is dear to ask last. Those of which a rule has
# several keys stand there twice, for rules that are told apart by no fewer than two of them.
DIMENSIONS: Sequence[Callable[[Sequence[Rule]], Dimension]] = (
    lambda _: Exact(PathIs, lambda asked: asked.wanted, lambda hop: hop.path),
    lambda _: Exact(HostIs, lambda asked: asked.wanted.name, lambda hop: hop.host.name),
    PathPrefix,
    HostSuffix,
    lambda _: Exact(MethodIs, lambda asked: asked.wanted, lambda hop: hop.method.upper()),
    lambda _: Exact(ServiceIs, lambda asked: asked.wanted, lambda hop: hop.service),
    lambda _: Exact(DirectionIs, lambda asked: asked.wanted, lambda hop: hop.direction),
    Header,
    Header,
    Tag,
    Tag,
    Body,
    Body,
)

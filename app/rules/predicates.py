"""The table of predicates: what each key of a rule's `when` becomes."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from app.hop.host import Host
from app.hop.path import normal_escapes, normal_path
from app.rules.body_predicates import BodyEquals, BodySelects
from app.rules.header_predicates import HeadersHave, HeadersMatch
from app.rules.predicate import Predicate
from app.rules.request_predicates import (
    DirectionIs,
    HostEndsWith,
    HostEndsWithNone,
    HostIs,
    MethodIs,
    PathIs,
    PathStartsWith,
    ServiceIs,
)
from app.rules.tag_predicates import TagsEqual

# The cheapest first: patterns and JSONPaths run only where all that stands before them holds.
PREDICATES: Mapping[str, Callable[[Any], Predicate]] = {
    "direction": DirectionIs,
    "service": ServiceIs,
    "method": lambda text: MethodIs(text.upper()),
    "path": lambda text: PathIs(normal_path(text)),
    "pathPrefix": lambda text: PathStartsWith(normal_escapes(text)),
    "host": lambda text: HostIs(Host.parse(text)),
    "hostSuffix": lambda text: HostEndsWith(Host.parse(text)),
    "notHostSuffix": lambda texts: HostEndsWithNone(Host.parse_all(texts)),
    "headers": HeadersHave.of,
    "traceTags": partial(TagsEqual.of, "traceTags"),
    "traceTagEquals": partial(TagsEqual.of, "traceTagEquals"),
    "headerMatch": HeadersMatch.of,
    "bodyJsonPath": BodySelects.of,
    "bodyJsonPathEquals": BodyEquals.of,
}
_RANKS = {key: rank for rank, key in enumerate(PREDICATES)}


def predicates_of(when: Mapping[str, Any]) -> tuple[Predicate, ...]:
    """The predicates that a rule's valid `when` describes, the cheapest first.

    Raises PatternError or JsonPathError.
    """
    return tuple(PREDICATES[key](when[key]) for key in sorted(when, key=_RANKS.__getitem__))

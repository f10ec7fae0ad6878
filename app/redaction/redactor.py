"""A redactor: a redaction made ready to be applied to spans.

Of a span it looks at everything that may hold a header, a query string or a body, wherever tools
put copies of them: at the attributes of the span, its events, links, scope and resource, at the
span's name and at its status.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from urllib.parse import quote_plus

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from app.hop.redaction import REDACTED, Redaction
from app.jsonpath.path import JsonPath
from app.otlp.attributes import attributes
from app.otlp.traces import spans_of
from app.redaction.form import redact_query, redact_target
from app.redaction.side import Side
from app.redaction.values import change_texts, replace_value

_HEADER = re.compile(r"http\.(?:request|response)\.headers?(?:\.(.+))?", re.DOTALL)
_BODY = re.compile(r"http\.(request|response)\.body")
_TARGETS = frozenset({"url.full", "url.original", "url.path", "http.target", "http.url"})
_USER = re.compile(r"(?<=//)[^/?#]*(?=@)")
# Attributes in which tools keep what a header says.
_COPIES = {
    "user_agent.original": "user-agent",
    "http.user_agent": "user-agent",
    "client.address": "x-forwarded-for",
    "http.client_ip": "x-forwarded-for",
}

Pairs = Sequence[KeyValue]


def attribute_lists(traces: TracesData) -> Iterator[Pairs]:
    """Every list of attributes that there is in the traces."""
    for resource_spans, scope_spans, span in spans_of(traces):
        yield resource_spans.resource.attributes
        yield scope_spans.scope.attributes
        yield span.attributes
        yield from (event.attributes for event in span.events)
        yield from (link.attributes for link in span.links)


def _bodies_last_first(pairs: Pairs) -> Iterator[tuple[str, KeyValue]]:
    """The attributes that hold a body, each behind the name of its side."""
    for pair in reversed(pairs):
        if found := _BODY.fullmatch(pair.key.lower()):
            yield found[1], pair


class Redactor:
    """Applies one redaction.

    Raises JsonPathError, which the check of the rule would have found.
    """

    def __init__(self, redaction: Redaction) -> None:
        self._headers = frozenset(name.lower() for name in redaction.headers)
        self._paths = tuple(map(JsonPath.parse, redaction.body_paths))
        self._members = {path.member for path in self._paths}

    def redact(self, traces: TracesData) -> None:
        """Take out of the one span of the traces, and of what is around it, what has to go."""
        for _, _, span in spans_of(traces):
            plain = attributes(span.attributes)
            sides = {name: Side.of(name, plain, self._paths) for name in ("request", "response")}
            for pairs in attribute_lists(traces):
                self._redact_pairs(pairs)
                self._redact_bodies(pairs, sides)
            self._redact_words(span)

    def _redact_words(self, span: Span) -> None:
        span.name = self._target(span.name)
        if span.HasField("status"):
            span.status.message = self._target(span.status.message)

    def _redact_bodies(self, pairs: Pairs, sides: Mapping[str, Side]) -> None:
        if not self._paths:
            return
        seen = set()
        for name, pair in _bodies_last_first(pairs):
            if name in seen:
                # Nobody reads it: of a repeated key the last one counts.
                replace_value(pair.value)
            else:
                sides[name].redact(pair)
            seen.add(name)

    def _redact_pairs(self, pairs: Iterable[KeyValue]) -> None:
        for pair in pairs:
            key = pair.key.lower()
            if header := _HEADER.fullmatch(key):
                self._redact_header(header[1], pair.value)
            elif _COPIES.get(key) in self._headers:
                replace_value(pair.value)
            elif key in _TARGETS:
                change_texts(pair.value, self._target)
            elif key == "url.query":
                change_texts(pair.value, self._query)

    def _redact_header(self, name: str | None, value: AnyValue) -> None:
        if name is None:
            # All headers in one attribute.
            for pair in value.kvlist_value.values:
                self._redact_header(pair.key.lower(), pair.value)
        elif name in self._headers or name.replace("_", "-") in self._headers:
            replace_value(value)
        elif name == ":path":
            change_texts(value, self._target)

    def _is_named(self, parameter: str) -> bool:
        return parameter in self._members or parameter.lower() in self._headers

    def _query(self, query: str) -> str:
        return redact_query(query, self._is_named) if "=" in query else query

    def _target(self, target: str) -> str:
        if "authorization" in self._headers:
            # A client sends what stands before the host as that header.
            target = _USER.sub(quote_plus(REDACTED), target)
        return redact_target(target, self._is_named)


@lru_cache(maxsize=256)
def redactor(redaction: Redaction) -> Redactor:
    """The redactor of a redaction. Raises JsonPathError."""
    return Redactor(redaction)

"""Copies: what was taken out of a span, found again in other places of it."""

from collections.abc import Callable, Mapping
from urllib.parse import quote_plus

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.hop.redaction import REDACTED
from app.otlp.traces import spans_of
from app.redaction import keys
from app.redaction.attribute_lists import attribute_lists
from app.redaction.form import Fields, redact_query, redact_target
from app.redaction.names import Names
from app.redaction.secrets import Secrets
from app.redaction.side import Side
from app.redaction.values import Change, change_texts, replace_where

_MARK = quote_plus(REDACTED)


def _is_free(key: str) -> bool:
    """Whether an attribute is text that nothing is matched by."""
    is_matched = keys.is_target(key) or key == "url.query" or keys.is_host(key)
    return not (is_matched or keys.is_plain(key) or keys.BODY.fullmatch(key))


def _change_words(traces: TracesData, change: Change) -> None:
    """Change the texts that are no attributes."""
    for _, scope_spans, span in spans_of(traces):
        span.name = change(span.name)
        if span.HasField("status"):
            span.status.message = change(span.status.message)
        if scope_spans.HasField("scope"):
            scope_spans.scope.name = change(scope_spans.scope.name)
            scope_spans.scope.version = change(scope_spans.scope.version)
        for event in span.events:
            event.name = change(event.name)
        span.trace_state = change(span.trace_state)
        for link in span.links:
            link.trace_state = change(link.trace_state)


def _each(traces: TracesData, change: Callable[[KeyValue], None]) -> None:
    for pairs in attribute_lists(traces):
        for pair in pairs:
            change(pair)


class Copies:
    """Takes copies out of texts.

    names: what is named, which texts may say too. secrets: what was taken out.
    sides: by `request` and `response`.
    """

    def __init__(self, names: Names, secrets: Secrets, sides: Mapping[str, Side]) -> None:
        self._names = names
        self._secrets = secrets
        self._sides = sides
        self._long = secrets
        self._fields = Fields(lambda _: False, secrets.are_in)

    def redact(self, traces: TracesData) -> None:
        """Take them out of the one span of the traces and of what is around it."""
        # What a text says by name may stand elsewhere too.
        _change_words(traces, self._by_name)
        _each(traces, self._name_pair)
        self._long = self._secrets.long()
        if self._secrets:
            _change_words(traces, self._secrets.cut)
            _each(traces, self._secret_pair)

    def _by_name(self, text: str) -> str:
        return self._names.cut(text, self._cut)

    def _cut(self, text: str) -> str:
        self._secrets.add_parameter(text)
        return _MARK

    def _name_pair(self, pair: KeyValue) -> None:
        key = pair.key.strip().lower()
        if _is_free(key):
            change_texts(pair.value, self._by_name)
            replace_where(pair.value, self._names.has_parameter, lambda _: False)

    def _secret_pair(self, pair: KeyValue) -> None:
        key = pair.key.strip().lower()
        if keys.is_target(key):
            change_texts(pair.value, self._target)
        elif key == "url.query":
            change_texts(pair.value, self._query)
        elif self._long and (body := keys.BODY.fullmatch(key)):
            self._sides[body[1]].sweep(pair, self._long)
        elif _is_free(key):
            pair.key = self._secrets.cut(pair.key)
            change_texts(pair.value, self._secrets.cut)
            replace_where(pair.value, lambda _: False, self._secrets.has)

    def _query(self, query: str) -> str:
        return redact_query(query, self._fields)

    def _target(self, target: str) -> str:
        return redact_target(target, self._fields)

"""The quick way to a proxy's question: the plain forms in which proxies send it, and no other.

What this gives is what `read_traces` and `inject_hop` give, at a fraction of the cost; where a
payload is anything but plain, or faulty, it gives None, and those two have the word. The first line
is read at once, all else when somebody asks for it.
"""

import re
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, NamedTuple

import orjson
from google.protobuf.message import DecodeError

from app.hop.first_line import FirstLine
from app.hop.model import Hop
from app.otlp.attributes import Attributes
from app.otlp.hops import DIRECTION, HOST, METHOD, PATH, SERVICE, SESSION_ID, URLS, read_hop
from app.otlp.media import Media
from app.otlp.octets import from_hex
from app.otlp.traces import SPAN_TYPE, inject_hop, read_traces
from app.otlp.view import TracesView, ViewedAttributes

_DIGITS = re.compile(r"[0-9]{1,19}")
# Members of OTLP's JSON that do not matter to a question, with what is plain for each.
_TEXT_MEMBERS = frozenset({"name", "traceState", "schemaUrl", "version"})
_TIME_MEMBERS = frozenset({"startTimeUnixNano", "endTimeUnixNano"})
_KINDS = range(6)
_NO_PAIRS: list[Any] = []
# The members that are read.
_PAYLOAD = frozenset({"resourceSpans"})
_RESOURCE_SPANS = frozenset({"resource", "scopeSpans"})
_RESOURCE = frozenset({"attributes"})
_SCOPE_SPANS = frozenset({"scope", "spans"})
_SPAN = frozenset({"traceId", "spanId", "attributes"})


class _NotPlainError(Exception):
    """A payload for the thorough way."""


# A method, a host and a path, none of them empty.
Line = tuple[str, str, str]


class ViewedQuestion(NamedTuple):
    """A question in a view.

    session_id: the session's; empty if none is told.
    line: the hop's first line; None where the span does not tell it outright.
    trace_id, span_id: as they were sent.
    attributes: the span's. resource: what they stand in. body: what all was read from.
    """

    session_id: str
    line: Line | None
    trace_id: bytes
    span_id: bytes
    attributes: Any
    resource: Any
    body: bytes

    def way(self) -> FirstLine | None:
        """The first line with direction and service, as far as they are told outright."""
        if self.line is None:
            return None
        direction, service = self.attributes.get(DIRECTION), self.attributes.get(SERVICE)
        return FirstLine(
            *self.line,
            "" if direction is None else direction.string_value or None,
            None if service is None else service.string_value or None,
        )

    def hop(self) -> Hop:
        """The whole hop."""
        told = ViewedAttributes(self.attributes, partial(_tags, self.body))
        return read_hop(told, ViewedAttributes(self.resource.attributes, dict))


class PlainQuestion(NamedTuple):
    """A question in plain values; see `ViewedQuestion`."""

    session_id: str
    line: Line | None
    trace_id: bytes
    span_id: bytes
    attributes: Attributes
    resource: Attributes

    def way(self) -> FirstLine | None:
        """The first line with direction and service, as far as they are told outright."""
        if self.line is None:
            return None
        direction, service = self.attributes.get(DIRECTION, ""), self.attributes.get(SERVICE)
        return FirstLine(
            *self.line,
            direction if type(direction) is str else None,
            service if type(service) is str and service else None,
        )

    def hop(self) -> Hop:
        """The whole hop."""
        return read_hop(self.attributes, self.resource)


QuickQuestion = ViewedQuestion | PlainQuestion


def _viewed_line(attributes: Any) -> Line | None:
    """The first line that the attributes of a span in a view tell outright."""
    for name in URLS:
        if name in attributes:
            return None
    get = attributes.get
    method, host, path = get(METHOD), get(HOST), get(PATH)
    if method is None or host is None or path is None:
        return None
    line = method.string_value, host.string_value, path.string_value
    # Not a text, or an empty one, for which something else may stand.
    return None if "" in line else line


def _viewed(span: Any, attributes: Any, resource: Any, body: bytes) -> ViewedQuestion:
    session = attributes.get(SESSION_ID)
    session_id = "" if session is None else session.string_value
    line = _viewed_line(attributes)
    # Made as the class makes it, less a function of Python.
    made = session_id, line, span.trace_id, span.span_id, attributes, resource, body
    question = tuple.__new__(ViewedQuestion, made)
    return question if session_id else question._replace(session_id=question.hop().session_id)


def _from_protobuf(body: bytes) -> ViewedQuestion | None:
    try:
        view = TracesView.FromString(body)
    except DecodeError:
        return None
    for resource_spans in view.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                attributes = span.attributes
                marked = attributes.get(SPAN_TYPE)
                if marked is not None and marked.string_value == "inject":
                    return _viewed(span, attributes, resource_spans.resource, body)
    return None


def _tags(body: bytes) -> Attributes:
    """The attributes of the question's span in their order."""
    return inject_hop(read_traces(body, Media.PROTOBUF)).hop.tags


def _only(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """The one item of a list."""
    items = holder[name]
    if type(items) is not list or len(items) != 1 or type(items[0]) is not dict:
        raise _NotPlainError
    item: dict[str, Any] = items[0]
    return item


def _plain_value(value: dict[str, Any]) -> object:
    [(kind, held)] = value.items()
    if kind == "arrayValue" and held.keys() == {"values"}:
        return [_plain_item(item) for item in held["values"]]
    return _plain_item(value)


def _plain_item(value: dict[str, Any]) -> object:
    """A value that holds no others, so that nothing here is nested deeply."""
    [(kind, held)] = value.items()
    if (kind == "stringValue" and type(held) is str) or (
        kind == "boolValue" and type(held) is bool
    ):
        return held
    raise _NotPlainError


def _all_texts(pairs: list[Any]) -> dict[str, object] | None:
    """Attributes that are all texts, as most are; None where there are others."""
    found: dict[str, object] = {}
    try:
        for pair in pairs:
            value = pair["value"]
            if len(pair) != 2 or len(value) != 1:
                return None
            found[pair["key"]] = value["stringValue"]
        # Fails where one is no text.
        "".join(found), "".join(found.values())  # type: ignore[arg-type]
    except (KeyError, TypeError):
        return None
    return found


def _attributes(holder: dict[str, Any]) -> dict[str, object]:
    """The attributes of a span or a resource."""
    pairs = holder.get("attributes", _NO_PAIRS)
    if type(pairs) is not list:
        raise _NotPlainError
    if not pairs:
        return {}
    if (texts := _all_texts(pairs)) is not None:
        return texts
    found: dict[str, object] = {}
    for pair in pairs:
        key, value = pair["key"], pair["value"]
        if len(pair) != 2 or type(key) is not str:
            raise _NotPlainError
        found[key] = _plain_value(value)
    return found


def _check_member(name: str, value: Any) -> None:
    """Whatever does not matter to a question has to be plain all the same."""
    if name in _TEXT_MEMBERS and type(value) is str:
        return
    if name in _TIME_MEMBERS and type(value) is str and _DIGITS.fullmatch(value):
        return
    if name == "kind" and type(value) is int and value in _KINDS:
        return
    if name == "parentSpanId" and type(value) is str:
        return
    raise _NotPlainError


def _check_members(holder: dict[str, Any], read: AbstractSet[str]) -> None:
    """The members of a holder but those that are read by themselves."""
    if holder.keys() <= read:
        return
    for name, value in holder.items():
        if name not in read:
            _check_member(name, value)


def _id(span: dict[str, Any], name: str) -> bytes:
    text = span.get(name, "")
    if type(text) is not str:
        raise _NotPlainError
    return from_hex(text) or b""


def _plain_line(attributes: Attributes) -> Line | None:
    """The first line that plain values tell outright."""
    for name in URLS:
        if name in attributes:
            return None
    get: Any = attributes.get
    line = get(METHOD), get(HOST), get(PATH)
    for value in line:
        if type(value) is not str or not value:
            return None
    return line


def _question(document: Any) -> PlainQuestion | None:
    """The question of a payload that holds it alone."""
    if type(document) is not dict:
        return None
    _check_members(document, _PAYLOAD)
    resource_spans = _only(document, "resourceSpans")
    _check_members(resource_spans, _RESOURCE_SPANS)
    resource = resource_spans.get("resource", {})
    _check_members(resource, _RESOURCE)
    scope_spans = _only(resource_spans, "scopeSpans")
    _check_members(scope_spans, _SCOPE_SPANS)
    if "scope" in scope_spans:
        _check_members(scope_spans["scope"], frozenset())
    span = _only(scope_spans, "spans")
    _check_members(span, _SPAN)
    told = _attributes(span)
    if told.get(SPAN_TYPE) != "inject":
        return None
    held = _attributes(resource)
    session_id = told.get(SESSION_ID)
    if type(session_id) is not str or not session_id:
        session_id = read_hop(told, held).session_id
    ids = _id(span, "traceId"), _id(span, "spanId")
    return PlainQuestion(session_id, _plain_line(told), *ids, told, held)


def _from_json(body: bytes) -> PlainQuestion | None:
    try:
        return _question(orjson.loads(body))
    except (_NotPlainError, ValueError, KeyError, TypeError, AttributeError):
        return None


def quick_question(body: bytes, media: Media) -> QuickQuestion | None:
    """The question of a payload; None where it is for `read_traces` and `inject_hop` to say.

    body: as it came, without content codings.
    """
    return _from_protobuf(body) if media is Media.PROTOBUF else _from_json(body)

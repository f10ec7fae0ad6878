"""The quick way to a proxy's question: the plain forms in which proxies send it, and no other.

What this gives is what `read_traces` and `inject_hop` give, at a fraction of the cost; where a
payload is anything but plain, or faulty, it gives None, and those two have the word. The first line
is read at once, all else when somebody asks for it.
"""

import re
from collections.abc import Callable
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
from app.otlp.view import NOTHING, TracesView, ViewedAttributes

_DIGITS = re.compile(r"[0-9]{1,19}")
# Members of OTLP's JSON that do not matter to a question, with what is plain for each.
_TEXT_MEMBERS = frozenset({"name", "traceState", "schemaUrl", "version"})
_TIME_MEMBERS = frozenset({"startTimeUnixNano", "endTimeUnixNano"})
_KINDS = range(6)
_NO_PAIRS: list[Any] = []
_FULL, _TARGET, _PATH, _PATHS = URLS
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
    ids: the trace's and the span's, as they were sent.
    attributes: the span's. origin: what holds its resource, and the payload that all was read from.
    """

    session_id: str
    line: Line | None
    ids: tuple[bytes, bytes]
    attributes: Any
    origin: tuple[Any, bytes]

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
        holder, body = self.origin
        told = ViewedAttributes(self.attributes, partial(_tags, body))
        return read_hop(told, ViewedAttributes(holder.resource.attributes, dict))


class PlainQuestion(NamedTuple):
    """A question in plain values; see `ViewedQuestion`."""

    session_id: str
    line: Line | None
    ids: tuple[bytes, bytes]
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
# The parts of one, which are made into it only where more of it is asked for.
Parts = tuple[str, Line | None, tuple[bytes, bytes], Any, Any]


def _with_session(question: QuickQuestion) -> QuickQuestion:
    """A question with the session that is told by something else than its own attribute."""
    return question._replace(session_id=question.hop().session_id)


def _from_protobuf(body: bytes) -> Parts | None:
    try:
        view = TracesView.FromString(body)
        # The first span, as a rule the only one.
        holder = view.resource_spans[0]
        span = holder.scope_spans[0].spans[0]
    except (DecodeError, IndexError):
        return None
    attributes = span.attributes
    get = attributes.get
    if get(SPAN_TYPE, NOTHING).string_value != "inject":
        return None
    line: Line | None
    line = told = (
        get(METHOD, NOTHING).string_value,
        get(HOST, NOTHING).string_value,
        get(PATH, NOTHING).string_value,
    )
    # What is missing, empty or no text may be told by something else.
    if (
        "" in told
        or _FULL in attributes
        or _TARGET in attributes
        or _PATH in attributes
        or _PATHS in attributes
    ):
        line = None
    session_id = get(SESSION_ID, NOTHING).string_value
    parts = session_id, line, (span.trace_id, span.span_id), attributes, (holder, body)
    return parts if session_id else _with_session(ViewedQuestion(*parts))


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


def _question(document: Any) -> Parts | None:
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
    session_id: Any = told.get(SESSION_ID)
    ids = _id(span, "traceId"), _id(span, "spanId")
    parts = session_id, _plain_line(told), ids, told, held
    is_told = type(session_id) is str and session_id
    return parts if is_told else _with_session(PlainQuestion(*parts))


def _from_json(body: bytes) -> Parts | None:
    try:
        return _question(orjson.loads(body))
    except (_NotPlainError, ValueError, KeyError, TypeError, AttributeError):
        return None


class QuickReader(NamedTuple):
    """Reads questions of one medium.

    read: gives the parts of the question of a payload, as it came but without content codings;
    None where it is for `read_traces` and `inject_hop` to say.
    question: makes it of its parts.
    """

    read: Callable[[bytes], Parts | None]
    question: Callable[..., QuickQuestion]


_READERS = {
    Media.PROTOBUF: QuickReader(_from_protobuf, ViewedQuestion),
    Media.JSON: QuickReader(_from_json, PlainQuestion),
}


def quick_reader(media: Media) -> QuickReader:
    """What reads the questions of a medium."""
    return _READERS[media]


def quick_question(body: bytes, media: Media) -> QuickQuestion | None:
    """The question of a payload; see `QuickReader`."""
    read, question = _READERS[media]
    parts = read(body)
    return None if parts is None else question(*parts)

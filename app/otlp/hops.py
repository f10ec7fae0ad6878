"""Hops: read from the attributes of a span and its resource, with every fallback there is."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.hop.lazy import lazy_property
from app.hop.model import Hop
from app.otlp.attributes import Attributes, text, texts_of
from app.otlp.headers import LazyHeaders, first_header, header_values
from app.otlp.octets import from_base64
from app.otlp.url import Url

# What a client asks a proxy for: a whole URL in the place of a path.
_ABSOLUTE = re.compile("https?://", re.IGNORECASE)
_NO_URL = Url()

SESSION_ID = "sp.session.id"
REQUEST_HEADER = "http.request.header."
# The plural is read too; where both name a header, the singular counts.
REQUEST_HEADERS = "http.request.headers."


# How the attribute of a pseudo-header is named.
_SPELLINGS = {
    name: (REQUEST_HEADER + name, REQUEST_HEADERS + name)
    for name in (":path", ":method", ":authority")
}


def read_body(attributes: Attributes, name: str) -> bytes:
    """The bytes of a body that is text, base64 if its encoding says so and it is that, or bytes."""
    value = attributes.get(name)
    if isinstance(value, bytes):
        return value
    body = text(value)
    encoding = f"{name}.encoding"
    encoded = encoding in attributes and text(attributes[encoding]).lower() == "base64"
    octets = from_base64(body) if encoded else None
    return body.encode("utf-8") if octets is None else octets


# The attributes with the first word on the parts of a hop's first line.
DIRECTION = "sp.traffic.direction"
SERVICE = "sp.service.name"
METHOD = "http.request.method"
HOST = "url.host"
PATH = "url.path"
# Without these there is no URL that could tell a scheme.
URLS = ("url.full", "http.target", *_SPELLINGS[":path"])


class SpanHop(Hop):
    """A hop whose parts are read from its span when somebody asks for them.

    A rule asks for few of them, and most of the attributes that may tell one are not there; so
    whether they are is asked first.

    attributes: the span's, as plain values. resource: those of the span's resource.
    """

    def __init__(self, attributes: Attributes, resource: Attributes) -> None:
        self.tags = attributes
        self.selections = {}
        self._resource = resource
        self._held, self._text_of = texts_of(attributes)

    def text(self, *names: str) -> str:
        """The text of the first of the span's attributes that has any."""
        held, text_of = self._held, self._text_of
        for name in names:
            if name in held and (found := text_of(name)):
                return found
        return ""

    def resource_text(self, name: str) -> str:
        """The text of an attribute of the resource."""
        return text(self._resource.get(name))

    def pseudo_header(self, name: str) -> str:
        """The value of a pseudo-header, which no client can send in other case."""
        for spelling in _SPELLINGS[name]:
            if spelling in self._held and (values := header_values(self.tags[spelling])):
                return values[0]
        return ""

    @lazy_property
    def url(self) -> Url:
        """The parts of the whole URL, where the span has that."""
        return Url.parse(self.text("url.full")) if "url.full" in self._held else _NO_URL

    @lazy_property
    def asked(self) -> str:
        """What the client asked the proxy for."""
        return self.text("http.target") or self.pseudo_header(":path")

    @lazy_property
    def proxied(self) -> Url:
        """The parts of what the client asked the proxy for, where that is a whole URL."""
        asked = self.asked
        return Url.parse(asked) if asked and _ABSOLUTE.match(asked) else _NO_URL

    def __reduce__(self) -> tuple[Callable[..., Hop], tuple[dict[str, Any]]]:
        # What goes to another process goes as what it says.
        work = {name: getattr(self, name) for name in ("steps", "pattern_work", "given_up")}
        return _told, ({name: getattr(self, name) for name in (*_PARTS, "tags")} | work,)


def _told(parts: dict[str, Any]) -> Hop:
    return Hop(**parts)


def _target(hop: SpanHop) -> str:
    return hop.text(PATH) or hop.url.path or hop.proxied.target or hop.asked


def _authority(hop: SpanHop) -> str:
    return (
        hop.text(HOST)
        or hop.url.authority
        or hop.pseudo_header(":authority")
        or first_header(hop.headers, "host")
        or hop.proxied.authority
    )


def _query_string(hop: SpanHop) -> str:
    """Where the target has none, the first that is there; `:path` last.

    That was on the wire even where the attributes leave it out.
    """
    if "?" in hop.target:
        return ""
    return (
        hop.url.query
        or hop.text("http.target").partition("?")[2]
        or hop.text("url.query").removeprefix("?")
        or hop.pseudo_header(":path").partition("?")[2]
    )


_PARTS: Mapping[str, Callable[[SpanHop], Any]] = {
    "session_id": lambda hop: hop.text(SESSION_ID) or hop.resource_text(SESSION_ID),
    "direction": lambda hop: hop.text(DIRECTION),
    "service": lambda hop: hop.text(SERVICE) or hop.resource_text("service.name"),
    "method": lambda hop: hop.text(METHOD, "http.method") or hop.pseudo_header(":method"),
    "authority": _authority,
    "scheme": lambda hop: hop.url.scheme or hop.proxied.scheme,
    "target": _target,
    "query_string": _query_string,
    "headers": lambda hop: LazyHeaders(hop.tags, REQUEST_HEADER, REQUEST_HEADERS),
    "body": lambda hop: read_body(hop.tags, "http.request.body"),
}
for _name, _read in _PARTS.items():
    _part = lazy_property(_read)
    _part.__set_name__(SpanHop, _name)
    setattr(SpanHop, _name, _part)


def read_hop(attributes: Attributes, resource: Attributes) -> SpanHop:
    """The hop that a span describes.

    attributes: the span's, as plain values.
    resource: those of the span's resource.
    """
    return SpanHop(attributes, resource)

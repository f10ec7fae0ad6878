"""Hops: read from the attributes of a span and its resource, with every fallback there is.

It is the hot path: most attributes that are asked for are not there, so whether they are is asked
first.
"""

import re

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


def _spellings(name: str) -> tuple[str, str]:
    return REQUEST_HEADER + name, REQUEST_HEADERS + name


_PATH, _METHOD, _AUTHORITY = map(_spellings, (":path", ":method", ":authority"))


def _pseudo_header(attributes: Attributes, spellings: tuple[str, str]) -> str:
    """The value of a pseudo-header, which no client can send in other case."""
    for spelling in spellings:
        if values := header_values(attributes.get(spelling)):
            return values[0]
    return ""


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


def read_hop(attributes: Attributes, resource: Attributes) -> Hop:
    """The hop that a span describes.

    attributes: the span's, as plain values.
    resource: those of the span's resource.
    """
    held, text_of = texts_of(attributes)
    headers = LazyHeaders(attributes, REQUEST_HEADER, REQUEST_HEADERS)
    url = Url.parse(text_of("url.full")) if "url.full" in held else _NO_URL
    # What the client asked the proxy for, and its parts where that is a whole URL.
    http_target = text_of("http.target") if "http.target" in held else ""
    is_path_told = _PATH[0] in held or _PATH[1] in held
    path_header = _pseudo_header(attributes, _PATH) if is_path_told else ""
    asked = http_target or path_header
    proxied = Url.parse(asked) if asked and _ABSOLUTE.match(asked) else _NO_URL
    target = text_of("url.path") or url.path or proxied.target or asked
    # Where the target has no query, the first that has one; `:path` last: it was on the wire even
    # where the attributes leave it out.
    query = ""
    if "?" not in target:
        query = (
            url.query
            or http_target.partition("?")[2]
            or ("url.query" in held and text_of("url.query").removeprefix("?"))
            or path_header.partition("?")[2]
        )
    return Hop(
        session_id=text_of(SESSION_ID) or text(resource.get(SESSION_ID)),
        direction=text_of("sp.traffic.direction"),
        service=text_of("sp.service.name") or text(resource.get("service.name")),
        method=text_of("http.request.method")
        or text_of("http.method")
        or _pseudo_header(attributes, _METHOD),
        authority=text_of("url.host")
        or url.authority
        or _pseudo_header(attributes, _AUTHORITY)
        or first_header(headers, "host")
        or proxied.authority,
        scheme=url.scheme or proxied.scheme,
        target=target,
        query_string=query,
        headers=headers,
        body=read_body(attributes, "http.request.body"),
        tags=attributes,
    )

"""Hops: read from the attributes of a span and its resource, with every fallback there is."""

import re

from app.hop.model import Hop
from app.otlp.attributes import Attributes, Plain, text
from app.otlp.octets import from_base64
from app.otlp.url import Url

# What a client asks a proxy for: a whole URL in the place of a path.
_ABSOLUTE = re.compile("https?://", re.IGNORECASE)

Headers = dict[str, tuple[str, ...]]

SESSION_ID = "sp.session.id"
REQUEST_HEADER = "http.request.header."
# The plural is read too; where both name a header, the singular counts.
REQUEST_HEADERS = "http.request.headers."


def _named(attributes: Attributes, *names: str) -> str:
    """The text of the first of the named attributes that has any."""
    return next((found for name in names if (found := text(attributes.get(name)))), "")


def _header_values(value: Plain) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(text(item) for item in value)
    return () if value is None else (text(value),)


def read_headers(attributes: Attributes, prefix: str) -> Headers:
    """The headers whose attributes begin with a prefix: lower-case names, values in order."""
    headers: dict[str, list[str]] = {}
    for key, value in attributes.items():
        if key.startswith(prefix) and (values := _header_values(value)):
            name = key.removeprefix(prefix).lower()
            headers.setdefault(name, []).extend(values)
    return {name: tuple(values) for name, values in headers.items()}


def first_header(headers: Headers, *names: str) -> str:
    """The first value of the first of the named headers that is there and not empty."""
    return next((values[0] for name in names if (values := headers.get(name)) and values[0]), "")


def read_body(attributes: Attributes, name: str) -> bytes:
    """The bytes of a body that is text, base64 if its encoding says so and it is that, or bytes."""
    value = attributes.get(name)
    if isinstance(value, bytes):
        return value
    body = text(value)
    encoded = _named(attributes, f"{name}.encoding").lower() == "base64"
    octets = from_base64(body) if encoded else None
    return body.encode("utf-8") if octets is None else octets


def _query_string(target: str, url: Url, attributes: Attributes, headers: Headers) -> str:
    """The query string where it came apart from the target.

    The first that is there: in the target itself, of `url.full`, of `http.target`, `url.query`;
    last that of `:path`, which was on the wire even where the attributes leave it out.
    """
    if "?" in target:
        return ""
    return (
        url.query
        or _named(attributes, "http.target").partition("?")[2]
        or _named(attributes, "url.query").removeprefix("?")
        or first_header(headers, ":path").partition("?")[2]
    )


def read_hop(attributes: Attributes, resource: Attributes) -> Hop:
    """The hop that a span describes.

    attributes: the span's, as plain values.
    resource: those of the span's resource.
    """
    headers = read_headers(attributes, REQUEST_HEADERS) | read_headers(attributes, REQUEST_HEADER)
    url = Url.parse(_named(attributes, "url.full"))
    asked = _named(attributes, "http.target") or first_header(headers, ":path")
    proxied = Url.parse(asked) if _ABSOLUTE.match(asked) else Url()
    target = _named(attributes, "url.path") or url.path or proxied.target or asked
    return Hop(
        session_id=_named(attributes, SESSION_ID) or _named(resource, SESSION_ID),
        direction=_named(attributes, "sp.traffic.direction"),
        service=_named(attributes, "sp.service.name") or _named(resource, "service.name"),
        method=_named(attributes, "http.request.method", "http.method")
        or first_header(headers, ":method"),
        authority=_named(attributes, "url.host")
        or url.authority
        or first_header(headers, ":authority", "host")
        or proxied.authority,
        scheme=url.scheme or proxied.scheme,
        target=target,
        query_string=_query_string(target, url, attributes, headers),
        headers=headers,
        body=read_body(attributes, "http.request.body"),
        tags=attributes,
    )

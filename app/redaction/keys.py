"""Keys: what the attributes hold in which headers, targets, bodies and hosts are recorded."""

import re

HEADER = re.compile(r"http\.(request|response)\.headers?(.*)", re.DOTALL)
BODY = re.compile(
    r"http\.(request|response)\.body(?:\.(?!encoding$|size$|length$|truncated$).+)?", re.DOTALL
)
# Attributes in which tools keep what a header says.
COPIES = {
    "user_agent.original": "user-agent",
    "http.user_agent": "user-agent",
    "client.address": "x-forwarded-for",
    "http.client_ip": "x-forwarded-for",
}
_TARGETS = frozenset({"url.full", "url.original", "url.path", "http.target", "http.url"})
_HOSTS = frozenset(
    {"url.host", "server.address", "http.host", "net.peer.name", "peer.address", "url.domain"}
)
_HOST_HEADERS = frozenset({":authority", "host", "x-forwarded-host", "x-original-host"})
# Names of other attributes and headers that hold URLs, or parts of them.
_LINK = re.compile(r"(?:.*[-_.])?(?:url|uri|path|location|referer|referrer|route|template|href)")
# Without these a span is not read or not matched; what a proxy says of itself is no copy.
_PLAIN = frozenset(
    {
        "http.method",
        "http.request.method",
        "http.response.status_code",
        "http.scheme",
        "http.status_code",
        "net.peer.port",
        "network.protocol.name",
        "network.protocol.version",
        "server.port",
        "service.name",
        "url.port",
        "url.scheme",
    }
)
_PLAIN_HEADERS = frozenset(
    {":method", ":scheme", ":status", "content-encoding", "content-length", "content-type"}
)


def header_name(key: str) -> str:
    """The name of the header that an attribute holds; empty where it holds none, or several."""
    found = HEADER.fullmatch(key)
    return found[2].removeprefix(".").strip() if found else ""


def is_target(key: str) -> bool:
    """Whether an attribute holds the target by which a request is matched."""
    return key in _TARGETS or header_name(key) == ":path"


def is_host(key: str) -> bool:
    """Whether an attribute holds a host."""
    return key in _HOSTS or header_name(key) in _HOST_HEADERS


def is_link(key: str) -> bool:
    """Whether an attribute holds a URL, or a part of one."""
    return is_target(key) or bool(_LINK.fullmatch(key))


def is_plain(key: str) -> bool:
    """Whether an attribute can hold no copy of a secret."""
    is_known = key in _PLAIN or key.startswith("sp.") or header_name(key) in _PLAIN_HEADERS
    return is_known or key.endswith(".body.encoding")

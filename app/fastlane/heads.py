"""Heads of requests: a proxy sends the same few again and again, so each is read once.

What differs from one request to the next, the body's length and the request's id, is cut out; the
rest has been through the parser and the checks of the plain lane before it is known here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import httptools

from app.errors import ApiError
from app.http.head import check_head
from app.http.headers import Scope
from app.http.request_id import HEADER

# Longer heads are for the plain lane, in bytes.
MAX_HEAD_BYTES = 8 * 1024
# How many heads are kept.
KEPT = 4096

_DIFFERING = frozenset({b"content-length", b"x-request-id", b"traceparent"})
_DIFFERS = re.compile(rb"\r\n((?i:content-length|x-request-id|traceparent)): ([!-~]*)(?=\r\n)")
_LENGTH = re.compile(rb"[0-9]{1,9}")
_LENGTH_LINE = b"\r\ncontent-length: "
# Headers with which a request is not plain.
_UNUSUAL = frozenset({b"content-encoding", b"expect", b"transfer-encoding", b"upgrade"})
_CONNECTION = (b"close", b"keep-alive")


class Call(NamedTuple):
    """What heads say that are alike.

    handler: whatever serves their path, for their headers.
    is_last: whether the connection ends then.
    """

    handler: Any
    is_last: bool


class Head(NamedTuple):
    """What a head says.

    length: the body's, in bytes. request_id: as it was sent; empty for none.
    """

    call: Call
    length: int
    request_id: bytes


def _is_usual(name: bytes, value: bytes) -> bool:
    if name == b"connection":
        return value.lower() in _CONNECTION
    return name not in _UNUSUAL


def _is_last(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    return any(name == b"connection" and value.lower() == b"close" for name, value in headers)


class _Parsed:
    """The parser's callbacks: a head in parts."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.is_whole = False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.is_whole = True


def _scope(head: bytes) -> Scope | None:
    """The head as an ASGI scope has it; None if the plain lane has to look at it."""
    parsed = _Parsed()
    parser = httptools.HttpRequestParser(parsed)
    try:
        parser.feed_data(head)
        check_head(parser.get_http_version(), parsed.headers)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade, ApiError):
        return None
    if not parsed.is_whole or parser.get_http_version() != "1.1":
        return None
    if not all(_is_usual(name, value) for name, value in parsed.headers):
        return None
    method, path = parser.get_method().decode("ascii"), parsed.url.decode("latin-1")
    return {"type": "http", "method": method, "path": path, "headers": parsed.headers}


def _keep(kept: dict[Any, Any], key: object, known: Call | Head | None) -> None:
    """Keep what is known of a head; the oldest makes room."""
    if len(kept) >= KEPT:
        del kept[next(iter(kept))]
    kept[key] = known


class Heads:
    """The heads that are known.

    calls: for each path, what makes a call of a scope; it may raise an error of the catalogue.
    known: some of them whole, with what `read` says of each.
    """

    def __init__(self, calls: Mapping[str, Callable[[Scope], Any]]) -> None:
        self._calls = calls
        self._by_parts: dict[tuple[bytes, ...], Call | None] = {}
        # Those that nothing differs in but the length: whole, and by what is left without its line.
        self.known: dict[bytes, Head] = {}
        self._simple: dict[bytes, Call] = {}

    def read(self, lines: bytes) -> Head | None:
        """What a whole head says that is not among the known; None for one for the plain lane.

        lines: the head without the empty line at its end.
        """
        if len(lines) > MAX_HEAD_BYTES:
            return None
        head = lines + b"\r\n\r\n"
        # Most have nothing that differs but the length, and that is found sooner.
        before, _, rest = head.partition(_LENGTH_LINE)
        length, _, after = rest.partition(b"\r\n")
        # With the line's end between, or what stands around it could be read as one line.
        key = before + b"\r\n" + after
        call = self._simple.get(key)
        if call is not None and _LENGTH.fullmatch(length):
            known = Head(call, int(length), b"")
            _keep(self.known, lines, known)
            return known
        found, is_simple = self._read(head)
        if found and is_simple:
            _keep(self._simple, key, found.call)
        return found

    def _read(self, head: bytes) -> tuple[Head | None, bool]:
        """The same by all that differs, and whether that is the length alone."""
        # In turn: what stands between, a name, a value.
        parts = _DIFFERS.split(head)
        values = {name.lower(): value for name, value in zip(parts[1::3], parts[2::3], strict=True)}
        length = values.get(b"content-length", b"")
        if len(parts) != 3 * len(values) + 1 or not _LENGTH.fullmatch(length):
            return None, False
        del parts[2::3]
        key = tuple(parts)
        if key not in self._by_parts:
            _keep(self._by_parts, key, self._made(head, values))
        if (call := self._by_parts[key]) is None:
            return None, False
        return Head(call, int(length), values.get(HEADER, b"")), len(values) == 1

    def _made(self, head: bytes, values: Mapping[bytes, bytes]) -> Call | None:
        """The call of a head; None if it is for the plain lane."""
        scope = _scope(head)
        if scope is None or scope["method"] != "POST" or scope["path"] not in self._calls:
            return None
        if sum(name in _DIFFERING for name, _ in scope["headers"]) != len(values):
            # One is spelt in a way in which it was not cut out.
            return None
        try:
            handler = self._calls[scope["path"]](scope)
        except ApiError:
            return None
        return Call(handler, _is_last(scope["headers"]))

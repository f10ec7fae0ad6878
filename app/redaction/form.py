"""Forms: `name=value&…`, in bodies and in query strings, with some values replaced."""

from collections.abc import Callable
from urllib.parse import quote_plus, unquote_to_bytes

from app.hop.redaction import REDACTED

_MARK = quote_plus(REDACTED).encode()


def _decoded(name: bytes) -> str:
    return unquote_to_bytes(name.replace(b"+", b" ")).decode("utf-8", "replace")


def _redacted(piece: bytes, is_named: Callable[[str], bool]) -> bytes:
    name, equals, _ = piece.partition(b"=")
    return name + equals + _MARK if equals and is_named(_decoded(name)) else piece


def redact_form(form: bytes, is_named: Callable[[str], bool]) -> bytes:
    """A form with the values of some fields replaced, each time that they occur.

    is_named: whether a field of that name is one of them.
    """
    return b"&".join([_redacted(piece, is_named) for piece in form.split(b"&")])


def redact_query(query: str, is_named: Callable[[str], bool]) -> str:
    """A query string with the values of some parameters replaced, and the rest as it was."""
    octets = query.encode("utf-8", "surrogatepass")
    return redact_form(octets, is_named).decode("utf-8", "surrogatepass")


def redact_target(target: str, is_named: Callable[[str], bool]) -> str:
    """A URL or a part of one: its query and what is behind its hash are such forms."""
    path, mark, rest = target.partition("?")
    if not mark:
        return target
    query, hash_mark, fragment = rest.partition("#")
    return f"{path}?{redact_query(query, is_named)}{hash_mark}{redact_query(fragment, is_named)}"

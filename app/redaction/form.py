"""Forms: `name=value&…`, in bodies and in query strings, with some values replaced."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote_plus, unquote_to_bytes

from app.hop.redaction import REDACTED

_MARK = quote_plus(REDACTED).encode()


def decoded(text: bytes) -> str:
    """What a name or a value of a form says."""
    return unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Fields:
    """Which fields of a form are replaced.

    is_named: whether one of that name is. is_secret: whether one with that value, decoded, is.
    removed: is told the values that were replaced, as they were written.
    """

    is_named: Callable[[str], bool]
    is_secret: Callable[[str], bool] = lambda _: False
    removed: Callable[[str], None] = lambda _: None

    def redact(self, piece: bytes) -> bytes:
        """A field as it is kept."""
        name, equals, value = piece.partition(b"=")
        if not equals or not (self.is_named(decoded(name)) or self.is_secret(decoded(value))):
            return piece
        self.removed(value.decode("utf-8", "replace"))
        return name + equals + _MARK


def redact_form(form: bytes, fields: Fields) -> bytes:
    """A form with the values of some fields replaced, each time that they occur."""
    return b"&".join([fields.redact(piece) for piece in form.split(b"&")])


def redact_query(query: str, fields: Fields) -> str:
    """A query string with the values of some parameters replaced, and the rest as it was."""
    octets = query.encode("utf-8", "surrogatepass")
    return redact_form(octets, fields).decode("utf-8", "surrogatepass")


def redact_target(target: str, fields: Fields) -> str:
    """A URL or a part of one: its query and what is behind its hash are such forms."""
    path, mark, rest = target.partition("?")
    if not mark:
        return target
    query, hash_mark, fragment = rest.partition("#")
    return f"{path}?{redact_query(query, fields)}{hash_mark}{redact_query(fragment, fields)}"

"""Strict forms: bodies that are forms beyond doubt, and the fields of them that are not plain."""

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

from app.otlp.octets import from_base64
from app.redaction.form import decoded

_FIELD = re.compile(
    r"[^\s\x00-\x1f\"<>{}\[\]\\^`|;=\x7f\ufeff]+=[^\s\x00-\x1f\"<>{}\[\]\\^`|;\x7f\ufeff]*"
)
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_SIMPLE = re.compile(r"[\w-]+")
# What a document, or a form within a form, cannot do without; a mark is what was no text.
_DOCUMENT = re.compile(r"[{}\[\]\"<>&=;\x00-\x1f\ufffd\ufeff]")
_SHORTEST_BASE64 = 12


def _is_base64_of_document(value: str) -> bool:
    octets = from_base64(value.strip()) if len(value) >= _SHORTEST_BASE64 else None
    if not octets:
        return False
    return octets.startswith(b"\x1f\x8b") or octets.lstrip()[:1] in (b"{", b"[", b'"')


def may_hold_fields(value: str) -> bool:
    """Whether a field's value may be a document in which a path finds something."""
    plain = unquote_plus(value)
    # The equals signs at the end of base64 hold nothing.
    bare = plain.rstrip("=")
    is_packed = plain != value and "%" in plain
    return is_packed or bool(_DOCUMENT.search(bare)) or _is_base64_of_document(plain)


def is_strict_form(plain: bytes, is_named: Callable[[str], bool]) -> bool:
    """Whether a body is a form and nothing else, of names that are a name and no path.

    is_named: whether a field of that name is one that goes.
    """
    try:
        text = plain.decode()
    except UnicodeDecodeError:
        return False
    if _BAD_ESCAPE.search(text) or from_base64(text) is not None:
        return False
    pieces = [piece for piece in text.split("&") if piece]
    names = [decoded(piece.partition("=")[0].encode()) for piece in pieces]
    return all(map(_FIELD.fullmatch, pieces)) and all(
        is_named(name) or _SIMPLE.fullmatch(name) for name in names
    )

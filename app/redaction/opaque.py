"""Opaque documents: what strings say by name without being JSON, such as base64 and forms."""

import re
from urllib.parse import unquote_plus

from app.hop.embedded import embedded_document
from app.hop.json_value import Json
from app.otlp.octets import from_base64

_SHORTEST_BASE64 = 12
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_AROUND = " \t\r\n\ufeff"
# Only from a word's beginning, and possessive: linear in any text.
_FIELD = re.compile(r"(?<![^\s?&;#,])([^\s?&;#,=\"]++)=")
_MEMBER = re.compile(r"(?<!\\)\"([^\"\\]{1,200})\"\s{0,9}:")

Document = list[Json] | dict[str, Json]


def _packed(text: str) -> Document | None:
    """The document that stands behind a mark of byte order, or in base64."""
    if text[:1] == "\ufeff" and (document := embedded_document(text.strip(_AROUND))):
        return document
    if len(text) < _SHORTEST_BASE64 or not _BASE64.fullmatch(text):
        return None
    octets = from_base64(text)
    return embedded_document(octets.decode("utf-8", "replace").strip(_AROUND)) if octets else None


def opaque_document(text: str) -> Document | None:
    """What a string that is not JSON says by name; None where it says nothing so."""
    if (document := _packed(text)) is not None:
        return document
    names = _FIELD.findall(text) if "=" in text else []
    members = _MEMBER.findall(text) if '"' in text else []
    found: dict[str, Json] = {unquote_plus(name).strip(_AROUND): None for name in names}
    return found | dict.fromkeys(members) or None

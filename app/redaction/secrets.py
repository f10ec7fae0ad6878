"""Secrets: the values that were taken out of a span, and the search for copies of them."""

import base64
import json
import re
from collections.abc import Iterator
from functools import cached_property
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from app.hop.json_value import Json
from app.hop.redaction import REDACTED
from app.otlp.attributes import attribute_value
from app.otlp.octets import from_base64
from app.redaction.marks import Key

# What is shorter stands everywhere by chance; so do the words.
_SHORTEST = 4
_SHORTEST_PART = 8
_SHORTEST_BASE64 = 6
_LONGEST = 2**16
_COMMON = frozenset({"true", "false", "null", "none", "undefined", "bearer", "basic", "digest"})
# How many characters are compared for one span, before only whole words are looked for.
_WORK = 2**27
# Of more values only whole words are looked for, and none in bodies.
_MOST = 500
# What looking into a text costs beside its length.
_COST_OF_TEXT = 32
_WORDS = re.compile(r"[^\s\"',;:&?#=<>(){}\[\]]+")
_VALUES = re.compile(r"[=:][\"'\s]{0,3}([^\s\"'<>&,;{}]+)")
_PARTS = re.compile(r"[\s;,&]+")
_MARKS = f"{REDACTED} {quote_plus(REDACTED)}".lower()


def _base64_forms(octets: bytes) -> Iterator[str]:
    """What base64 makes of bytes wherever they begin, less the digits that others share."""
    for shift in range(3):
        padded = base64.b64encode(b"\0" * shift + octets).decode()
        end = (shift + len(octets)) * 8 // 6
        digits = padded[-(-shift * 8 // 6) : end]
        if len(digits) >= _SHORTEST_BASE64:
            yield digits
            yield digits.translate(str.maketrans("+/", "-_"))


def _cut_word(text: str, word: str) -> str:
    """A text without a short secret, where it is not by chance a part of a longer word."""
    return re.sub(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", REDACTED, text)


def _forms(secret: str) -> Iterator[str]:
    yield secret
    octets = secret.encode("utf-8", "surrogatepass")
    yield from (quote(octets), quote(octets, safe=""), quote_plus(octets))
    yield from (json.dumps(secret, ensure_ascii=ascii_)[1:-1] for ascii_ in (True, False))
    yield from _base64_forms(octets)


def _leaves(value: object) -> Iterator[str]:
    """The texts and numbers of a plain value, as text."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


class Secrets:
    """The values that were taken out of one span."""

    def __init__(self) -> None:
        self._found: set[str] = set()
        self._work = _WORK

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, text: str, shortest: int = _SHORTEST) -> None:
        """Keep a value in mind.

        shortest: a shorter one is not looked for, in characters.
        """
        bare = text.strip()
        is_short = not shortest <= len(bare) <= _LONGEST
        if not is_short and bare.lower() not in _COMMON and bare.lower() not in _MARKS:
            self._found.add(bare)

    def _add_part(self, part: str) -> None:
        # A part that is a mere word stands elsewhere by right.
        if any(map(str.isdigit, part)):
            self.add(part, _SHORTEST_PART)

    def add_header(self, text: str) -> None:
        """Keep a header's value in mind with its longer parts, such as those of a cookie."""
        self.add(text)
        for part in _PARTS.split(text[:_LONGEST]):
            self._add_part(part)
            self._add_part(part.partition("=")[2].strip("\"'"))
        scheme, _, rest = text.partition(" ")
        self.add(rest)
        if scheme.lower() == "basic" and (octets := from_base64(rest.strip())):
            user = octets.decode("latin-1")
            self.add(user)
            self.add(user.partition(":")[2])

    def add_parameter(self, value: str) -> None:
        """Keep the value of a parameter in mind, decoded too."""
        self.add(value)
        self.add(unquote_plus(value))

    def add_json(self, value: object) -> None:
        """Keep all strings and numbers of a value in mind."""
        for text in _leaves(value):
            self.add(text)

    def add_any(self, value: AnyValue) -> None:
        """Keep all that an attribute says of a header in mind."""
        for text in _leaves(attribute_value(value)):
            self.add_header(text)

    def add_body(self, body: bytes) -> None:
        """Keep a body that was replaced whole in mind, with what stands in it as a value."""
        text = body[:_LONGEST].decode("utf-8", "replace")
        self.add(text)
        for value in _VALUES.findall(text):
            self._add_part(value)

    def long(self) -> "Secrets":
        """The secrets that do not stand in a body by chance."""
        longer = Secrets()
        for secret in self._found:
            longer.add(secret, _SHORTEST_PART)
        return longer

    def may_be_in(self, text: str) -> bool:
        """Whether it is worth the work to look for secrets in the places of a JSON text."""
        if not self._found or len(self._found) > _MOST:
            return False
        # An escape may hide any character.
        return "\\u" in text or any(form in text for form in self._variants)

    def places_in(self, value: Json, at: tuple[Key, ...] = ()) -> Iterator[tuple[Key, ...]]:
        """Where in a document a text or a number has a secret in it."""
        if isinstance(value, dict):
            for name, item in value.items():
                yield from self.places_in(item, (*at, name))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.places_in(item, (*at, index))
        elif any(self.are_in(text) for text in _leaves(value)):
            yield at

    @cached_property
    def _variants(self) -> list[str]:
        """Every form of every secret, the longest first. Read when all secrets are known."""
        if len(self._found) > _MOST:
            return []
        forms = {form for secret in self._found for form in _forms(secret)}
        return sorted(forms, key=len, reverse=True)

    def has(self, text: str) -> bool:
        """Whether a text is one of the secrets."""
        return text in self._found

    def are_in(self, text: str) -> bool:
        """Whether a text has one of the secrets in it, in any form."""
        return self.cut(text) != text

    def cut(self, text: str) -> str:
        """A text without the secrets."""
        if not self._found or len(text) < _SHORTEST:
            return text
        if len(self._found) > _MOST:
            return self._cut_words(text)
        cost = len(self._variants) * (len(text) + _COST_OF_TEXT)
        if cost > self._work:
            return self._cut_words(text)
        self._work -= cost
        return self._cut_all(text)

    def _cut_words(self, text: str) -> str:
        return _WORDS.sub(lambda word: REDACTED if word[0] in self._found else word[0], text)

    def _cut_all(self, text: str) -> str:
        for form in self._variants:
            if form in text:
                is_short = len(form) < _SHORTEST_PART and form in self._found
                text = _cut_word(text, form) if is_short else text.replace(form, REDACTED)
        plain = unquote(text) if "%" in text else text
        return REDACTED if plain != text and any(map(plain.__contains__, self._found)) else text

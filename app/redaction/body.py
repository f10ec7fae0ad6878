"""Bodies: what JSONPaths select in them is replaced, or else the whole body."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.hop.content import INFLATED_LIMIT
from app.hop.deflate import deflate
from app.hop.inflate import codings_of, inflate
from app.hop.json_value import NOT_JSON, Json, parse_json
from app.hop.redaction import REDACTED
from app.jsonpath.path import JsonPath
from app.jsonpath.work import STEPS, TooMuchWork, Work
from app.redaction.expansion import Expansion, TooDeep
from app.redaction.form import Fields, redact_form
from app.redaction.json_text import redact_text
from app.redaction.marks import Marks
from app.redaction.secrets import Secrets
from app.redaction.strict_form import is_strict_form, may_hold_fields

WHOLE = REDACTED.encode()
_FORM = "application/x-www-form-urlencoded"
# What a path may do grows with the body, so that an ordinary path gets through any body.
_BYTES_A_STEP = 8

Paths = Sequence[JsonPath]


def _is_form(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == _FORM


def _mark_selected(marks: Marks, value: Json, paths: Paths, steps: int) -> None:
    for path in paths:
        for node in path.nodes(value, Work(steps)):
            marks.at(node.location).is_replaced = True


def _json(text: str, value: Json, paths: Paths, secrets: Secrets) -> str:
    """A JSON text with what the paths select in it, or within its strings, replaced."""
    steps = STEPS + len(text) // _BYTES_A_STEP
    marks = Marks()
    _mark_selected(marks, value, paths, steps)
    expansion = Expansion(value)
    for location in expansion.strings:
        marks.at(location)
    if expansion.strings or expansion.opaque:
        _mark_selected(marks, expansion.value, paths, steps)
    for location in expansion.opaque:
        marks.at(location).is_replaced |= marks.at(location).has_replaced()
    return redact_text(text, marks, secrets.add_json)


@dataclass(frozen=True, slots=True)
class BodyRedaction:
    """What is replaced in the bodies of one side of a hop.

    paths: what they select goes. content_types, content_encodings: the values of those headers.
    secrets: is told what went.
    """

    paths: Paths
    content_types: Sequence[str] = ()
    content_encodings: Sequence[str] = ()
    secrets: Secrets = field(default_factory=Secrets)

    @property
    def can_pack(self) -> bool:
        """Whether a body can be put into the content codings again."""
        return deflate(b"", self.content_encodings) is not None

    def redact(self, body: bytes) -> bytes:
        """The body redacted, in its content codings; as it came where nothing had to go."""
        plain = inflate(body, self.content_encodings, INFLATED_LIMIT)
        if not plain or not self.paths:
            return body
        redacted = self._redacted(plain, body)
        if redacted == plain:
            return body
        if redacted == WHOLE:
            self.secrets.add_body(plain)
        if redacted == WHOLE or plain is not body:
            return deflate(redacted, self.content_encodings) or redacted
        return redacted

    def sweep(self, body: bytes, secrets: Secrets) -> bytes:
        """The body, in its content codings, without copies of secrets."""
        plain = inflate(body, self.content_encodings, INFLATED_LIMIT)
        if not secrets.may_be_in(plain.decode("utf-8", "replace")):
            return body
        value = parse_json(plain)
        if value is NOT_JSON:
            redacted = self._swept(plain, secrets)
        else:
            marks = Marks()
            for location in secrets.places_in(value):
                marks.at(location).is_replaced = True
            redacted = redact_text(plain.decode(), marks).encode()
        if redacted == plain:
            return body
        return redacted if plain is body else deflate(redacted, self.content_encodings) or redacted

    def _swept(self, plain: bytes, secrets: Secrets) -> bytes:
        text = plain.decode("utf-8", "replace")
        if not secrets.are_in(text):
            return plain
        if not all(map(_is_form, self.content_types)) or not is_strict_form(plain, bool):
            return WHOLE
        redacted = redact_form(plain, Fields(lambda _: False, secrets.are_in))
        return WHOLE if secrets.are_in(redacted.decode()) else redacted

    def _redacted(self, plain: bytes, body: bytes) -> bytes:
        value = parse_json(plain)
        if value is NOT_JSON:
            is_bare = plain is not body or not codings_of(self.content_encodings)
            return self._other(plain) if is_bare else WHOLE
        try:
            return _json(plain.decode(), value, self.paths, self.secrets).encode()
        except (TooMuchWork, TooDeep):
            return WHOLE

    def _other(self, plain: bytes) -> bytes:
        """A form, if it is one beyond doubt and the paths name its fields; else it goes whole."""
        members = {path.member for path in self.paths}
        is_form = bool(self.content_types) and all(map(_is_form, self.content_types))
        if None in members or not is_form or not is_strict_form(plain, members.__contains__):
            return WHOLE
        fields = Fields(members.__contains__, may_hold_fields, self.secrets.add_parameter)
        return redact_form(plain, fields)

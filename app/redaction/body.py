"""Bodies: what JSONPaths select in them is replaced, or else the whole body."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.hop.content import INFLATED_LIMIT
from app.hop.deflate import deflate
from app.hop.inflate import inflate
from app.hop.json_value import NOT_JSON, Json, parse_json
from app.hop.redaction import REDACTED
from app.jsonpath.path import JsonPath
from app.jsonpath.work import STEPS, TooMuchWork, Work
from app.redaction.expansion import Expansion, TooDeep
from app.redaction.form import redact_form
from app.redaction.json_text import redact_text
from app.redaction.marks import Marks

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


def _json(text: str, value: Json, paths: Paths) -> str:
    """A JSON text with what the paths select in it, or within its strings, replaced."""
    steps = STEPS + len(text) // _BYTES_A_STEP
    marks = Marks()
    _mark_selected(marks, value, paths, steps)
    expansion = Expansion(value)
    for location in expansion.strings:
        marks.at(location)
    if expansion.strings:
        _mark_selected(marks, expansion.value, paths, steps)
    return redact_text(text, marks)


@dataclass(frozen=True, slots=True)
class BodyRedaction:
    """What is replaced in the bodies of one side of a hop.

    paths: what they select goes. content_types, content_encodings: the values of those headers.
    """

    paths: Paths
    content_types: Sequence[str] = ()
    content_encodings: Sequence[str] = ()

    def redact(self, body: bytes) -> bytes:
        """The body redacted, in its content codings; as it came where nothing had to go."""
        plain = inflate(body, self.content_encodings, INFLATED_LIMIT)
        if not plain or not self.paths:
            return body
        redacted = self._redacted(plain)
        if redacted == plain:
            return body
        if redacted == WHOLE or plain is not body:
            return deflate(redacted, self.content_encodings) or redacted
        return redacted

    def _redacted(self, plain: bytes) -> bytes:
        value = parse_json(plain)
        if value is NOT_JSON:
            return self._other(plain)
        try:
            return _json(plain.decode(), value, self.paths).encode()
        except (TooMuchWork, TooDeep):
            return WHOLE

    def _other(self, plain: bytes) -> bytes:
        """A form if the paths can name its fields; anything else goes whole."""
        members = {path.member for path in self.paths}
        if None in members or not any(map(_is_form, self.content_types)):
            return WHOLE
        return redact_form(plain, members.__contains__)

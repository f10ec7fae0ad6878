"""JSON text in which marked values are replaced and all else stays as it was written.

Numbers keep their digits, members their order and strings their escapes; only a string whose
embedded document changes is written anew.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from app.hop.json_value import NOT_JSON, Json, parse_json
from app.hop.redaction import REDACTED
from app.redaction.marks import Key, Marks

_MARK = json.dumps(REDACTED)
Removed = Callable[[Json], None]

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


class _Cut(NamedTuple):
    start: int
    end: int
    text: str = _MARK


@dataclass(slots=True)
class _Open:
    """An array or object that has begun.

    key: of the value that comes next; None where a name comes next.
    seen: where the values of the names that there have been stand.
    """

    start: int
    marks: Marks | None
    is_object: bool
    key: Key | None
    seen: dict[Key, _Cut] = field(default_factory=dict)


class _Cutter:
    """Finds what is to be cut out of a valid JSON text."""

    def __init__(self, text: str, marks: Marks, removed: Removed) -> None:
        self._text = text
        self._removed = removed
        self._marks = marks
        self._open: list[_Open] = []
        self.cuts: list[_Cut] = []

    def run(self) -> None:
        """Read the text from its beginning to its end."""
        for token in _TOKEN.finditer(self._text):
            self._read(token[0], token.start(), token.end())

    def _read(self, piece: str, start: int, end: int) -> None:
        top = self._open[-1] if self._open else None
        if piece in ("{", "["):
            is_object = piece == "{"
            key = None if is_object else 0
            self._open.append(_Open(start, self._next_marks(), is_object, key))
        elif piece in ("}", "]"):
            ended = self._open.pop()
            self._end_value(ended.start, end, ended.marks)
        elif top and piece == ",":
            top.key = top.key + 1 if isinstance(top.key, int) else None
        elif top and top.key is None:
            top.key = json.loads(piece)
        elif piece != ":":
            self._end_value(start, end, self._next_marks())

    def _next_marks(self) -> Marks | None:
        if not self._open:
            return self._marks
        top = self._open[-1]
        return top.marks.below.get(top.key) if top.marks and top.key is not None else None

    def _end_value(self, start: int, end: int, marks: Marks | None) -> None:
        top = self._open[-1] if self._open else None
        if top and top.is_object and top.key is not None:
            if hidden := top.seen.get(top.key):
                # A later member of the same name hides it from all readers, and from all paths.
                self.cuts.append(hidden)
            top.seen[top.key] = _Cut(start, end)
        if marks and marks.is_replaced:
            self.cuts.append(_Cut(start, end))
        elif marks and self._text[start] == '"':
            self._look_into(start, end, marks)

    def _look_into(self, start: int, end: int, marks: Marks) -> None:
        written = self._text[start:end]
        text = json.loads(written)
        if parse_json(text.encode("utf-8", "surrogatepass")) is NOT_JSON:
            return  # It is hidden by a later member in which the marks are.
        redacted = redact_text(text, marks, self._removed)
        if redacted != text:
            self.cuts.append(_Cut(start, end, json.dumps(redacted, ensure_ascii=written.isascii())))


def redact_text(text: str, marks: Marks, removed: Removed = lambda _: None) -> str:
    """A valid JSON text without its marked values, and without values that others hide.

    removed: is told what was taken out.
    """
    cutter = _Cutter(text, marks, removed)
    cutter.run()
    pieces, kept_to = [], 0
    # Of cuts within one another only the outermost counts.
    for cut in sorted(cutter.cuts, key=lambda cut: (cut.start, -cut.end)):
        if cut.start >= kept_to:
            if cut.text == _MARK:
                removed(json.loads(text[cut.start : cut.end], parse_int=str, parse_float=str))
            pieces += [text[kept_to : cut.start], cut.text]
            kept_to = cut.end
    return "".join([*pieces, text[kept_to:]])

"""A JSONPath, ready to be applied to JSON values."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.hop.json_value import Json
from app.jsonpath.error import JsonPathError
from app.jsonpath.node import Node
from app.jsonpath.parser import Parser
from app.jsonpath.query import Run, Segment, select_all
from app.jsonpath.scanner import Scanner
from app.jsonpath.selectors import Name
from app.jsonpath.work import Work

# Reading takes time in proportion.
MAX_LENGTH = 10_000


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path of RFC 9535.

    text: as it was written. segments: what it says.
    """

    text: str
    segments: tuple[Segment, ...]

    @classmethod
    def parse(cls, text: str) -> "JsonPath":
        """The path that a text writes.

        Raises JsonPathError, with a reason of one clause, if the text is no JSONPath, if a pattern
        that it writes out does not compile, or if it is too long.
        """
        if len(text) > MAX_LENGTH:
            raise JsonPathError(f"expected at most {MAX_LENGTH} characters")
        return cls(text, Parser(Scanner(text)).path())

    def nodes(self, value: Json, work: Work | None = None) -> Iterator[Node]:
        """The nodes that it selects in a document, one after the other as they are asked for.

        value: the document, as `parse_json` gives it.
        work: how much may be done; several evaluations may share it.

        Raises TooMuchWork from the iterator once that is used up.
        """
        return select_all(self.segments, Node(value), Run(value, work or Work()))

    @property
    def member(self) -> str | None:
        """The name of `$.name` and `$['name']`; None for all other paths."""
        match self.segments:
            case (Segment(selectors=(Name(name=name),)) as segment,) if type(segment) is Segment:
                return name
        return None

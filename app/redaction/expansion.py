"""Expansions: documents in which what their strings hold stands in the strings' place."""

from app.hop.embedded import embedded_document
from app.hop.json_depth import MAX_DEPTH
from app.hop.json_value import Json
from app.redaction.marks import Key
from app.redaction.opaque import opaque_document

Location = tuple[Key, ...]


class TooDeep(Exception):  # noqa: N818
    """A document and those in it nest deeper than is looked into."""


class Expansion:
    """A document in which embedded documents stand as what they say.

    value: the document. strings: the locations at which the strings stood.
    opaque: those of strings that hold documents in other forms, which only go whole.

    Raises TooDeep.
    """

    def __init__(self, value: Json) -> None:
        self.strings: list[Location] = []
        self.opaque: list[Location] = []
        self.value = self._expanded(value, ())

    def _expanded(self, value: Json, location: Location) -> Json:
        if isinstance(value, str) and (document := embedded_document(value)) is not None:
            self.strings.append(location)
            value = document
        elif isinstance(value, str) and (document := opaque_document(value)) is not None:
            self.opaque.append(location)
            value = document
        if not isinstance(value, dict | list):
            return value
        if len(location) == MAX_DEPTH:
            raise TooDeep
        if isinstance(value, dict):
            return {key: self._expanded(item, (*location, key)) for key, item in value.items()}
        return [self._expanded(item, (*location, index)) for index, item in enumerate(value)]

"""What all documents of the API have in common: they are JSON objects that obey a schema."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

from app.documents.flaws import flaws
from app.documents.json_text import Reading, read_json
from app.documents.schema import Validator
from app.errors import ApiError, Detail


@dataclass(frozen=True)
class Document:
    """A JSON object that was sent; its representation does not show it.

    body: the text that it was read from.
    """

    body: bytes = field(repr=False)
    reading: Reading = field(repr=False)

    @property
    def members(self) -> Mapping[str, Any]:
        """The object."""
        members: Mapping[str, Any] = self.reading.value
        return members

    def without(self, key: str) -> "Document":
        """The same without one of its members."""
        members = copy(self.reading.value)
        members.pop(key, None)
        return replace(self, reading=self.reading._replace(value=members))

    def violations(self, schema: Validator) -> Sequence[Detail]:
        """What is wrong with it: the flaws of its text, or else its violations of a schema.

        The validator cannot read a text with half a character, so that is looked at first.
        """
        return flaws(self.body, self.reading) or schema.details(self.members)


def read_object(body: bytes, noun: str) -> Document:
    """The JSON object in a body.

    noun: what the object is called in the error.
    Raises `invalid_body` where the body is not JSON or not an object.
    """
    reading = read_json(body)
    if not isinstance(reading.value, dict):
        raise ApiError("invalid_body", f"{noun} must be a JSON object")
    return Document(body, reading)


def refuse(error: str, noun: str, details: Sequence[Detail]) -> None:
    """Raise the error, its message naming the first violation, if there are any.

    error: its name in the catalogue.
    noun: what the document is called.
    """
    if details:
        place, message = details[0]
        more = f" (and {len(details) - 1} more)" if details[1:] else ""
        where = place or "its top level"
        raise ApiError(error, f"{noun} is not valid at {where}: {message}{more}", details)


def checked(body: bytes, noun: str, schema: Validator, error: str) -> Mapping[str, Any]:
    """The members of the JSON object in a body.

    noun: what the object is called in errors.
    error: what a violation of the schema is called in the catalogue.
    Raises that error, or `invalid_body` where the body is not JSON or not an object.
    """
    document = read_object(body, noun)
    refuse(error, noun, document.violations(schema))
    return document.members

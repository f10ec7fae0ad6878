"""Auth fixtures: tokens, cookies and other secrets that a test hands to the app.

Their values are in no message: sentences about a document are made from the schema alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.documents.document import checked
from app.documents.schema import Validator

NOUN = "the auth fixtures document"
SCHEMA = Validator("session-fixtures-auth.request.schema.json")


@dataclass(frozen=True)
class Fixtures:
    """A valid fixtures document; its representation does not show it."""

    document: Mapping[str, Any] = field(repr=False)

    @property
    def count(self) -> int:
        """The fixtures, or the tokens, cookies and metadata entries together."""
        return sum(map(len, self.document.values()))


def check_fixtures(body: bytes) -> Fixtures:
    """The fixtures in a body.

    Raises `invalid_body`.
    """
    return Fixtures(checked(body, NOUN, SCHEMA, "invalid_body"))

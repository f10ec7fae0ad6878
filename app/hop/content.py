"""Content: a request body in normal form, so that equal contents have equal keys.

A body is JSON if it parses as JSON in UTF-8, whatever its content type says; else it is its bytes,
which for text is the text. An empty one is the same as none.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.hop.json_form import canonical_json
from app.hop.json_value import NOT_JSON, Json, NotJson

# The default limit of a body on its way in; what inflates to more is compared as it came.
INFLATED_LIMIT = 32 * 2**20


class Kind(StrEnum):
    """What a body is compared as."""

    EMPTY = "empty"
    JSON = "json"
    OCTETS = "octets"


@dataclass(frozen=True, slots=True)
class Content:
    """What a body says; equal and hashable by it.

    kind: what it is compared as.
    form: its canonical JSON text, or its bytes as they are.
    """

    kind: Kind
    form: bytes = b""

    @classmethod
    def of(cls, plain: bytes, value: Json | NotJson) -> "Content":
        """The content of a body.

        plain: the body without its codings. value: what it says as JSON.
        """
        if not plain:
            return cls(Kind.EMPTY)
        if value is NOT_JSON:
            return cls(Kind.OCTETS, plain)
        return cls(Kind.JSON, canonical_json(value))

    @property
    def key(self) -> bytes:
        """Bytes that are the same for equal contents and for no others."""
        return b"%s %s" % (self.kind.encode(), self.form)

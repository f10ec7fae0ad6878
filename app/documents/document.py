"""What all documents of the API have in common: they are JSON objects that obey a schema."""

from collections.abc import Sequence
from typing import Any

from app.documents.json_text import lone_surrogates, read_json
from app.documents.schema import Validator
from app.errors import ApiError, Detail

LONE_SURROGATE = "holds half of a surrogate pair, which has no UTF-8 form"


def read_object(body: bytes, noun: str) -> dict[str, Any]:
    """The JSON object in a body.

    noun: what the object is called in the error.
    Raises `invalid_body` where the body is not JSON or not an object.
    """
    value = read_json(body)
    if not isinstance(value, dict):
        raise ApiError("invalid_body", f"{noun} must be a JSON object")
    return value


def violations(body: bytes, document: dict[str, Any], schema: Validator) -> list[Detail]:
    """What is wrong with the document of a body: text without a UTF-8 form, else schema violations.

    The validator cannot read such text, so that is looked at first.
    """
    spoilt = [Detail(place, LONE_SURROGATE) for place in lone_surrogates(body, document)]
    return spoilt or schema.details(document)


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

"""Embedded documents: strings of a JSON document that hold JSON documents themselves."""

from app.hop.json_value import Json, parse_json


def embedded_document(text: str) -> list[Json] | dict[str, Json] | None:
    """The array or object that a string holds, itself perhaps within a string again."""
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return None
    try:
        value = parse_json(text.encode())
    except UnicodeEncodeError:
        return None
    if isinstance(value, str):
        return embedded_document(value)
    return value if isinstance(value, dict | list) else None

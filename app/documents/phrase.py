"""What a violation is called: sentences of our own, which never show the value that was sent."""

import json
from collections.abc import Mapping
from typing import Any

from jsonschema_rs import ValidationErrorKind as Kind

# In the order in which a sentence names them.
TYPES = {
    "array": "an array",
    "boolean": "true or false",
    "integer": "an integer",
    "number": "a number",
    "object": "an object",
    "string": "a string",
    "null": "null",
}


def _known(schema: Mapping[str, Any]) -> str:
    """The keys of an object, without those that the schema names only to refuse them."""
    members = schema["properties"].items()
    return ", ".join(f"`{key}`" for key, member in members if member.get("not") != {})


def _options(options: list[Any]) -> str:
    return ", ".join(json.dumps(option) for option in options)


def phrase(kind: Kind, schema: Mapping[str, Any]) -> str:
    """One sentence for one violation.

    kind: what the validator found.
    schema: the object in the schema whose keyword failed; its `errorMessage` has the first word.
    """
    if own := schema.get("errorMessage"):
        return str(own)
    match kind:
        case Kind.Required(missing):
            return f"needs the key `{missing}`"
        case Kind.AdditionalProperties(_):
            return f"unknown key; known here: {_known(schema)}"
        case Kind.Enum(options):
            return f"expected one of {_options(options)}"
        case Kind.Constant(value):
            return f"expected {json.dumps(value)}"
        case Kind.Type(types):
            return f"must be {' or '.join(TYPES[name] for name in TYPES if name in types)}"
        case Kind.Minimum(limit):
            return f"must be {limit} or more"
        case Kind.Maximum(limit):
            return f"must be {limit} or less"
        case Kind.MinLength(_) | Kind.MinItems(_):
            return "must not be empty"
    return "is not valid here"

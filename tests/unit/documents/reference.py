"""A second opinion: `jsonschema`, the reference implementation, on the published schemas."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import jsonschema
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from app.documents.catalogue import SCHEMAS
from app.documents.pointer import Place

REGISTRY: Registry[Any] = Registry().with_resources(
    (name, DRAFT202012.create_resource(schema)) for name, schema in SCHEMAS.items()
)


def reference(schema: Mapping[str, Any]) -> jsonschema.Draft202012Validator:
    """The reference's validator of a schema, with the published ones at hand."""
    return jsonschema.Draft202012Validator(schema, registry=REGISTRY)


def _places_of(error: jsonschema.ValidationError) -> Iterator[Place]:
    at = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and error.validator_value is False:
        known = cast("Mapping[str, Any]", error.schema)["properties"]
        yield from (
            (*at, key) for key in cast("Mapping[str, Any]", error.instance) if key not in known
        )
    else:
        yield at


def places(name: str, document: object) -> set[Place]:
    """The places of all violations of a published schema; each unknown key is one of its own."""
    errors = reference(SCHEMAS[name]).iter_errors(document)
    return {place for error in errors for place in _places_of(error)}

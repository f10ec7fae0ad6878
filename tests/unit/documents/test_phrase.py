import pytest
from jsonschema_rs import Draft202012Validator

from app.documents.phrase import phrase


def _phrase(schema: dict[str, object], instance: object) -> str:
    (error,) = Draft202012Validator(schema).iter_errors(instance)
    return phrase(error.kind, schema)


@pytest.mark.parametrize(
    ("schema", "instance", "expected"),
    [
        ({"required": ["a"]}, {}, "needs the key `a`"),
        ({"enum": ["a", 1, None]}, "b", 'expected one of "a", 1, null'),
        ({"const": "v1"}, "b", 'expected "v1"'),
        ({"type": "integer"}, "b", "must be an integer"),
        ({"type": ["null", "string", "array"]}, 7, "must be an array or a string or null"),
        ({"minimum": 200}, 7, "must be 200 or more"),
        ({"maximum": 5}, 7, "must be 5 or less"),
        ({"minLength": 1}, "", "must not be empty"),
        ({"minItems": 1}, [], "must not be empty"),
    ],
)
def test_each_keyword_has_a_sentence(
    schema: dict[str, object], instance: object, expected: str
) -> None:
    """In the words of the field, not of the schema."""
    assert _phrase(schema, instance) == expected


def test_an_unknown_key_is_told_with_those_that_are_known() -> None:
    """Less those that the schema names only to refuse them."""
    schema: dict[str, object] = {
        "properties": {"a": {}, "b": {"type": "string"}, "later": {"not": {}}},
        "additionalProperties": False,
    }
    assert _phrase(schema, {"c": 1}) == "unknown key; known here: `a`, `b`"


def test_a_schema_may_have_its_own_sentence() -> None:
    """It has the first word."""
    schema: dict[str, object] = {"not": {}, "errorMessage": "is not an HTTP header name"}
    assert _phrase(schema, {"c": 1}) == "is not an HTTP header name"

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from app.documents.catalogue import SCHEMAS, schema_bytes, schema_folder, schema_names
from tests.unit.documents.reference import reference

DRAFT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = Path(__file__).parents[3] / "spec" / "schemas"
# What the sentences cover; a schema that checks with more must have its own sentence.
PHRASED = {
    *("required", "additionalProperties", "enum", "const", "type"),
    *("minimum", "maximum", "minLength", "minItems"),
}
SILENT = {
    *("$schema", "$id", "$ref", "$defs", "title", "description", "examples", "errorMessage"),
    *("properties", "patternProperties", "items", "if", "then", "else", "allOf"),
    *("format", "contentEncoding"),
}
DOCUMENTS = [name for name in schema_names() if ".response." not in name and "common" not in name]


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema in a schema."""
    if not isinstance(schema, dict):
        return
    yield schema
    for key in ("properties", "patternProperties", "$defs"):
        for inner in schema.get(key, {}).values():
            yield from _nodes(inner)
    for key in ("items", "if", "then", "else", "not", "additionalProperties"):
        yield from _nodes(schema.get(key))
    for key in ("allOf", "anyOf"):
        for inner in schema.get(key, []):
            yield from _nodes(inner)


def _resolved(name: str, reference_text: str) -> Any:
    file, _, fragment = reference_text.partition("#")
    node: Any = SCHEMAS[file or name]
    for step in fragment.split("/")[1:]:
        node = node[step]
    return node


def _conditions(name: str) -> list[Any]:
    """The schemas that only ask: what they find is no violation."""
    inner = [node.get(key) for node in _nodes(SCHEMAS[name]) for key in ("if", "not")]
    asked = [node for schema in inner for node in _nodes(schema)]
    branches = [branch for node in _nodes(SCHEMAS[name]) for branch in node.get("anyOf", [])]
    return asked + branches


each_schema = pytest.mark.parametrize("name", schema_names())


def test_the_catalogue_has_every_file_of_the_folder_and_no_other() -> None:
    """By its name."""
    assert schema_folder() == FOLDER
    assert schema_names() == sorted(path.name for path in FOLDER.iterdir())


@pytest.mark.parametrize("name", ["x.schema.json", "", "../errors.py", "case.schema.json/"])
def test_there_is_no_schema_of_another_name(name: str) -> None:
    """And no way to another file."""
    assert schema_bytes(name) is None


def test_every_document_and_call_has_its_schema() -> None:
    """Requests have one where there is something to send."""
    calls = ["create", "load-case", "rules", "policy", "fixtures-auth"]
    answers = [*calls, "list", "state", "stats", "rules-document", "close", "error"]
    expected = {"case.schema.json", "rule.schema.json", "policy.schema.json"}
    expected |= {f"session-{call}.request.schema.json" for call in calls}
    expected |= {f"session-{call}.response.schema.json" for call in answers}
    assert expected <= set(schema_names())


@each_schema
def test_every_schema_is_valid_and_says_what_it_is(name: str) -> None:
    """Under its own name."""
    schema = SCHEMAS[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert (schema["$schema"], schema["$id"]) == (DRAFT, name)
    assert schema["title"]
    assert schema["description"]
    assert json.loads(schema_bytes(name) or b"") == schema


@each_schema
def test_every_property_is_described(name: str) -> None:
    """The schemas are the reference of the documents."""
    asked = _conditions(name)
    for node in _nodes(SCHEMAS[name]):
        if node not in asked:
            members = node.get("properties", {})
            assert [key for key in members if "description" not in members[key]] == []


@each_schema
def test_every_reference_leads_to_a_schema(name: str) -> None:
    """In this file or beside it, never over the network."""
    for node in _nodes(SCHEMAS[name]):
        if "$ref" in node:
            assert isinstance(_resolved(name, node["$ref"]), dict)


@each_schema
def test_no_schema_names_a_host_but_that_of_its_dialect(name: str) -> None:
    """Nothing is fetched from anywhere."""
    text = (schema_bytes(name) or b"").decode().replace(DRAFT, "")
    assert not re.search(r"https?://", text)


@each_schema
def test_the_examples_are_valid(name: str) -> None:
    """Those of the parts too; every schema of a document or call has one."""
    at = {"$id": name, "$defs": SCHEMAS[name].get("$defs", {})}
    for node in _nodes(SCHEMAS[name]):
        for example in node.get("examples", []):
            assert list(reference(node | at).iter_errors(example)) == []
    assert SCHEMAS[name].get("examples") or name == "session-common.schema.json"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_violation_has_a_sentence_of_the_house(name: str) -> None:
    """A keyword without one would be told as something that `is not valid here`."""
    for node in _nodes(SCHEMAS[name]):
        unphrased = set(node) - PHRASED - SILENT
        assert not unphrased or "errorMessage" in node or node in _conditions(name), unphrased

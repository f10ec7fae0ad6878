"""The page of the control API says what the schemas and the error catalogue say."""

import json
import re
from pathlib import Path

import pytest

from app.documents.catalogue import SCHEMAS, schema_names
from app.errors import CATALOGUE
from tests.unit.documents.reference import reference

PAGE = (Path(__file__).parents[3] / "spec" / "protocol" / "http-control-api.md").read_text("utf-8")
BLOCK = re.compile(r"(?:<!-- schema: (\S+) -->\n)?```json\n(.*?)```", re.DOTALL)
BLOCKS = [match.groups() for match in BLOCK.finditer(PAGE)]
SESSION = "/v1/sessions/{sessionId}"
CALLS = [
    *("GET /health", "GET /ready", "GET /metrics", "GET /v1/meta", "GET /v1/schemas/{name}"),
    *("GET /openapi.json", "GET /docs", "POST /v1/sessions", "GET /v1/sessions"),
    *(f"GET {SESSION}", f"GET {SESSION}/stats", f"POST {SESSION}/load-case"),
    *(f"POST {SESSION}/rules", f"GET {SESSION}/rules", f"POST {SESSION}/policy"),
    *(f"POST {SESSION}/fixtures/auth", f"POST {SESSION}/close"),
    *("GET /v1/captures", "GET /v1/captures/{captureId}"),
]


def _anchor(heading: str) -> str:
    """The anchor that a heading has on the web."""
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize(("schema", "text"), BLOCKS)
def test_every_json_block_is_valid_by_the_schema_that_it_names(schema: str, text: str) -> None:
    """A reader may copy it."""
    assert list(reference(SCHEMAS[schema]).iter_errors(json.loads(text))) == []


def test_every_call_is_on_the_page() -> None:
    """In the table of calls."""
    assert [call for call in CALLS if f"`{call}`" not in PAGE] == []


def test_every_schema_that_a_call_speaks_is_on_the_page() -> None:
    """The shared terms are no call's own."""
    named = set(re.findall(r"[a-z-]+(?:\.re\w+)?\.schema\.json", PAGE))
    assert named <= set(schema_names())
    assert set(schema_names()) - named <= {"session-common.schema.json"}


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_error_is_in_the_table_with_its_status_and_code(name: str) -> None:
    """As the catalogue has them."""
    kind = CATALOGUE[name]
    assert f"| {kind.status} | `{name}` | {kind.code} |" in PAGE


def test_the_table_has_no_other_error() -> None:
    """What is gone from the catalogue is gone from the page."""
    rows = re.findall(r"^\| \d{3} \| `(\w+)` \|", PAGE, re.MULTILINE)
    assert rows == list(CATALOGUE)


def _keys(*names: str) -> list[str]:
    """The keys of parts of the schema of rules, and the values that some of them choose from."""
    parts = [SCHEMAS["rule.schema.json"]["$defs"][name]["properties"] for name in names]
    values = [value for part in parts for key in part.values() for value in key.get("enum", [])]
    return [*(key for part in parts for key in part), *values]


@pytest.mark.parametrize("key", _keys("rule", "when", "then", "response", "ignore", "captureOnly"))
def test_every_key_of_a_rule_is_on_the_page(key: str) -> None:
    """And every value that the schema lists."""
    section = PAGE.partition("### `POST /v1/sessions/{sessionId}/rules`")[2].partition("\n### ")[0]
    assert f"`{key}`" in section


def test_every_link_leads_to_a_heading() -> None:
    """Of this page."""
    anchors = {_anchor(line) for line in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]*)\)", PAGE)) <= anchors

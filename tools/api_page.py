"""The site's page on the API, made from the OpenAPI document: each call, then each schema."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

_HEAD = """# API

Made from the document that a running replica serves as `/openapi.json`; its own `/docs` shows the
same, and lets you try it. What the calls mean together is told by
[the protocol](protocol/http-control-api.md).
"""


def _anchor(schema: str) -> str:
    return schema.removesuffix(".schema.json").replace(".", "-")


def _schema_link(reference: str, schemas: Mapping[str, Any]) -> str:
    name = reference.removeprefix("#/components/schemas/")
    return f"[{schemas[name]['title']}](#{_anchor(name)})"


def _content(content: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """What a body may be, by media type."""
    told = []
    for media, held in content.items():
        reference = held.get("schema", {}).get("$ref")
        told.append(f"{_schema_link(reference, schemas)}" if reference else f"`{media}`")
    return ", ".join(told)


def _table(head: str, rows: list[str]) -> Iterator[str]:
    if rows:
        yield ""
        yield head
        yield "|---" * (head.count("|") - 1) + "|"
        yield from rows


def _parameters(operation: Mapping[str, Any]) -> list[str]:
    return [
        f"| `{held['name']}` | {held['in']}{'' if held.get('required') else ', optional'} "
        f"| {held.get('description', '')} |"
        for held in operation.get("parameters", ())
    ]


def _responses(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[str]:
    return [
        f"| {status} | {_content(held.get('content', {}), schemas)} | {held['description']} |"
        for status, held in sorted(operation["responses"].items(), key=lambda item: str(item[0]))
    ]


def _call(
    method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Iterator[str]:
    yield f"\n### `{method.upper()} {path}`\n"
    yield f"**{operation['summary']}.** {operation.get('description', '')}"
    yield from _table("| parameter | in | meaning |", _parameters(operation))
    if body := operation.get("requestBody"):
        yield f"\nBody: {_content(body['content'], schemas)}"
    yield from _table("| status | answer | when |", _responses(operation, schemas))


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n### {schema['title']} {{ #{_anchor(name)} }}\n"
    yield f"{schema.get('description', '')} [{name}](schemas/{name})"
    for example in schema.get("examples", ())[:1]:
        yield f"\n```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```"


def api_page(openapi: Mapping[str, Any]) -> str:
    """The page.

    openapi: the document.
    """
    schemas = openapi["components"]["schemas"]
    by_tag: dict[str, list[str]] = {}
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            lines = by_tag.setdefault(operation["tags"][0], [])
            lines += _call(method, path, operation, schemas)
    lines = [_HEAD]
    for tag, calls in by_tag.items():
        lines += [f"\n## {tag.capitalize()}", *calls]
    lines.append("\n## Schemas")
    for name, schema in schemas.items():
        lines += _schema(name, schema)
    return "\n".join(lines) + "\n"

"""The OpenAPI document: both APIs, described by the published schemas."""

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app import __version__
from app.api.answer_headers import ANSWER_HEADERS
from app.api.contract import error_responses, tell_quotas
from app.documents.catalogue import SCHEMAS

TITLE = "softprobe-runtime"
SUMMARY = "The control plane for HTTP capture and replay."
PROTOBUF = "application/x-protobuf"
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "publicKey": {"type": "apiKey", "in": "header", "name": "x-public-key"},
}


def _relocate(node: Any, name: str) -> Any:
    """A schema whose references lead into OpenAPI's components, and without its own address."""
    if isinstance(node, list):
        return [_relocate(item, name) for item in node]
    if not isinstance(node, dict):
        return node
    moved = {key: _relocate(value, name) for key, value in node.items()}
    for address in ("$id", "$schema"):
        if isinstance(moved.get(address), str):
            del moved[address]
    if isinstance(reference := moved.get("$ref"), str):
        file, _, place = reference.partition("#")
        moved["$ref"] = f"#/components/schemas/{file or name}{place}"
    return moved


def _otlp_body(what: str) -> dict[str, Any]:
    schema = {"type": "object", "description": what}
    binary = {"type": "string", "format": "binary", "description": what}
    return {"application/json": {"schema": schema}, PROTOBUF: {"schema": binary}}


def _otlp_errors(names: list[str]) -> dict[str, Any]:
    responses = {str(status): held for status, held in error_responses(names).items()}
    status = {"type": "string", "format": "binary", "description": "google.rpc.Status"}
    for held in responses.values():
        held["content"][PROTOBUF] = {"schema": status}
    return responses


def _otlp_operation(
    summary: str, description: str, success: str, own_errors: list[str]
) -> dict[str, Any]:
    errors = [
        "invalid_body",
        "unauthorized",
        "forbidden",
        "body_too_large",
        "unsupported_media_type",
    ]
    errors += ["session_not_found", "internal_error", "store_unavailable", *own_errors]
    return {
        "tags": ["data plane"],
        "summary": summary,
        "description": description,
        "requestBody": {"required": True, "content": _otlp_body("OTLP TracesData")},
        "responses": {
            "200": {"description": success, "content": _otlp_body(success)},
            **_otlp_errors(errors),
        },
    }


def _data_plane() -> dict[str, Any]:
    inject = _otlp_operation(
        "Should this hop be answered without the upstream?",
        "The first span whose `sp.span.type` is `inject` describes the hop. 404 is a miss: the "
        "proxy forwards the hop to its upstream.",
        "A hit: TracesData whose one span holds the response to hand out.",
        ["not_found"],
    )
    traces = _otlp_operation(
        "Keep what was observed",
        "Every span whose `sp.span.type` is `extract` belongs to the session that it names.",
        "ExportTraceServiceResponse; `partialSuccess` is unset when all was kept.",
        ["close_in_progress"],
    )
    tell_quotas(traces["responses"], "200")
    return {"/v1/inject": {"post": inject}, "/v1/traces": {"post": traces}}


def describe(app: FastAPI) -> dict[str, Any]:
    """The document for an application's routes and the data plane in front of them."""
    document: dict[str, Any] = get_openapi(
        title=TITLE, version=__version__, summary=SUMMARY, routes=app.routes
    )
    document["paths"] |= _data_plane()
    schemas = {name: _relocate(schema, name) for name, schema in SCHEMAS.items()}
    document["components"] = {
        "schemas": schemas,
        "headers": dict(ANSWER_HEADERS),
        "securitySchemes": _SECURITY,
    }
    for path, operations in document["paths"].items():
        if path.startswith("/v1/"):
            for operation in operations.values():
                operation["security"] = [{}, {"bearer": []}, {"publicKey": []}]
    # FastAPI describes its own validation error, which never reaches a caller.
    return _without_422_of_fastapi(document)


def _without_422_of_fastapi(document: dict[str, Any]) -> dict[str, Any]:
    for operations in document["paths"].values():
        for operation in operations.values():
            answer = operation["responses"].get("422", {})
            if "HTTPValidationError" in json.dumps(answer):
                del operation["responses"]["422"]
    return document

"""How each operation is described in OpenAPI: by the published schemas, which are the one truth."""

from typing import Any

from starlette.responses import Response

from app.api.answer_headers import RATE_LIMIT, described, headers_of
from app.documents.catalogue import schema_names
from app.errors import CATALOGUE

ERROR_SCHEMA = "session-error.response.schema.json"
# What a call can meet that needs a token or key (one too many of its organisation's is 429), and
# one that asks the store too.
ADMITTED = ("unauthorized", "forbidden", "quota_exceeded")
_EVERYWHERE = (*ADMITTED, "store_unavailable", "internal_error")
_WITH_BODY = ("invalid_body", "body_too_large", "unsupported_media_type")
# What is counted of a quota, by the stem of its schemas.
_COUNTED = "session-create"
# Errors that only some operations know, by the stem of their schemas.
_OWN: dict[str, tuple[str, ...]] = {
    "session-create": ("invalid_mode",),
    "session-load-case": ("rule_validation_failed", "close_in_progress"),
    "session-rules": ("rule_validation_failed", "close_in_progress"),
    "session-policy": ("close_in_progress",),
    "session-fixtures-auth": ("close_in_progress",),
    "session-close": (
        "session_closed",
        "capture_store_unavailable",
        "close_in_progress",
        *_WITH_BODY,
    ),
    "session-list": ("invalid_body",),
    "captures-list": ("invalid_body",),
    "case": ("capture_store_unavailable",),
}


def schema_ref(name: str) -> dict[str, str]:
    """A reference to a published schema among OpenAPI's components."""
    return {"$ref": f"#/components/schemas/{name}"}


def json_content(name: str) -> dict[str, Any]:
    """JSON content by a published schema."""
    return {"application/json": {"schema": schema_ref(name)}}


def error_responses(names: list[str]) -> dict[int | str, dict[str, Any]]:
    """The responses for some errors of the catalogue, those of one status together."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for name in names:
        kind = CATALOGUE[name]
        line = f"`{name}`: {kind.when}"
        held = by_status.setdefault(kind.status, {"content": json_content(ERROR_SCHEMA)})
        held["description"] = f"{held['description']} {line}" if "description" in held else line
        if headers := headers_of(name):
            held.setdefault("headers", {}).update(headers)
    return by_status


def tell_quotas(responses: dict[Any, dict[str, Any]], *statuses: int | str) -> None:
    """Add the `RateLimit` headers to those responses that come with them."""
    for status in statuses:
        responses[status]["headers"] = responses[status].get("headers", {}) | described(*RATE_LIMIT)


def _response_schema(stem: str) -> str | None:
    names = (f"{stem}.response.schema.json", f"{stem}.schema.json")
    return next((name for name in names if name in schema_names()), None)


def operation(
    summary: str,
    stem: str = "",
    *,
    created: bool = False,
    missing: str = "",
    content: dict[str, Any] | None = None,
    errors: tuple[str, ...] = _EVERYWHERE,
) -> dict[str, Any]:
    """What FastAPI is told of an operation.

    summary: a few words.
    stem: what the names of its schemas begin with.
    created: success is 201.
    missing: the error for what is not there; for operations on a session it is its own.
    content: the content of success where no published schema describes it.
    errors: what the call can meet whatever it is about.
    """
    request, response = f"{stem}.request.schema.json", _response_schema(stem)
    has_body = request in schema_names()
    names = [*_OWN.get(stem, ()), *(_WITH_BODY if has_body else ())]
    if stem.startswith("session-") and stem not in ("session-create", "session-list"):
        names.append("session_not_found")
    names += [missing] if missing else []
    names += errors
    status = 201 if created else 200
    success: dict[str, Any] = {"description": summary.capitalize() + "."}
    success["content"] = json_content(response) if response else content
    responses = {status: success, **error_responses(list(dict.fromkeys(names)))}
    if stem == _COUNTED:
        tell_quotas(responses, status, 429)
    body = {"requestBody": {"required": True, "content": json_content(request)}}
    return {
        "summary": summary.capitalize(),
        "status_code": status,
        # Without this FastAPI describes every success as JSON.
        "response_class": Response,
        "responses": responses,
        "openapi_extra": body if has_body else {},
    }

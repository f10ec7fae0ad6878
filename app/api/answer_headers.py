"""The headers that answers have beside their content, as OpenAPI describes them."""

from collections.abc import Mapping
from typing import Any

RATE_LIMIT = ("RateLimit", "RateLimit-Policy")
_DRAFT = (
    "(draft-ietf-httpapi-ratelimit-headers-11); absent where no quota has a limit, and where an "
    "organisation's calls at once are too many"
)

ANSWER_HEADERS: Mapping[str, Mapping[str, Any]] = {
    "Retry-After": {
        "description": "After how many seconds it is worth trying again.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 41,
    },
    "RateLimit": {
        "description": f"What is left of each quota, and in how many seconds it is more {_DRAFT}.",
        "schema": {"type": "string"},
        "example": '"sessions_per_minute";r=58;t=41, "open_sessions";r=98',
    },
    "RateLimit-Policy": {
        "description": f"The limit of each quota, its unit and its window in seconds {_DRAFT}.",
        "schema": {"type": "string"},
        "example": '"sessions_per_minute";q=60;w=60, "open_sessions";q=100',
    },
    "WWW-Authenticate": {
        "description": "How a token or key is sent.",
        "schema": {"type": "string"},
        "example": "Bearer",
    },
}
_OF_ERRORS: Mapping[str, str] = {
    "unauthorized": "WWW-Authenticate",
    "quota_exceeded": "Retry-After",
    "store_unavailable": "Retry-After",
    "capture_store_unavailable": "Retry-After",
    "close_in_progress": "Retry-After",
}


def described(*names: str) -> dict[str, Any]:
    """References to headers among OpenAPI's components, as a response takes them."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def headers_of(error: str) -> dict[str, Any]:
    """Those that an error of the catalogue always comes with."""
    return described(_OF_ERRORS[error]) if error in _OF_ERRORS else {}

"""What the runtime says of itself: health, readiness, metrics, versions, schemas."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import __version__
from app.api.contract import ADMITTED, operation
from app.api.reply import reply
from app.api.services import services
from app.documents.catalogue import SCHEMA_VERSION, schema_bytes, schema_names
from app.errors import ApiError, retry_later
from app.http.headers import header
from app.store.faults import store_faults

router = APIRouter(tags=["runtime"])

SPEC_VERSION = "v1"
SCHEMA_MEDIA = "application/schema+json"
_NOT_PASSED = "the store has not passed this replica's check yet; its log says what is missing"
_TEXT = {
    media: {"schema": {"type": "string"}}
    for media in ("text/plain", "application/openmetrics-text")
}
_SCHEMA = {SCHEMA_MEDIA: {"schema": {"type": "object"}}}


@router.get("/health", **operation("liveness", "health", errors=()))
async def health() -> Response:
    """Whether the process runs; it asks nothing of anybody else."""
    return reply({"status": "ok", "version": __version__})


@router.get("/ready", **operation("readiness", "health", errors=("store_unavailable",)))
async def ready(request: Request) -> Response:
    """Whether the store has passed its check and answers, and the replica is not about to end."""
    if services(request).drain.begun:
        raise retry_later("store_unavailable", "this replica is ending: ask another one")
    if not services(request).standing.is_passed:
        raise retry_later("store_unavailable", _NOT_PASSED)
    with store_faults():
        await services(request).store.ping()
    return reply({"status": "ok", "version": __version__})


@router.get(
    "/metrics",
    **operation("metrics in the Prometheus text format", content=_TEXT, errors=("unauthorized",)),
)
async def metrics(request: Request) -> Response:
    """All metrics of this replica; as OpenMetrics where the scraper asks for it."""
    told = services(request).metrics.exposition(header(request.scope, b"accept"))
    return Response(told.text, headers={"content-type": told.content_type})


@router.get("/v1/meta", **operation("versions and schemas", "meta", errors=ADMITTED))
async def meta() -> Response:
    """What this runtime speaks, for a client's own checks."""
    return reply(
        {
            "runtimeVersion": __version__,
            "specVersion": SPEC_VERSION,
            "schemaVersion": SCHEMA_VERSION,
            "supportedSchemas": schema_names(),
        }
    )


@router.get(
    "/v1/schemas/{name}",
    **operation("read a schema", missing="not_found", content=_SCHEMA, errors=ADMITTED),
)
async def read_schema(name: str) -> Response:
    """A JSON Schema by the name that `/v1/meta` gives."""
    text = schema_bytes(name)
    if text is None:
        known = ", ".join(schema_names())
        raise ApiError("not_found", f"there is no schema '{name}'; there are {known}")
    return Response(text, media_type=SCHEMA_MEDIA)

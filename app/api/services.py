"""What the control API's handlers work with, put together once in `app.main`."""

from dataclasses import dataclass

from redis.asyncio import Redis
from starlette.requests import Request

from app.api.cases import Cases
from app.captures.close import Closer
from app.captures.sink import Sink
from app.errors import ApiError
from app.http.body import read_body
from app.http.caller import Caller
from app.http.headers import header, notes
from app.store.captures import CaptureIndex
from app.store.ledger import Ledger
from app.store.sessions import SessionStore
from app.store.standing import Standing
from app.telemetry.metrics import Metrics

# The second is what `curl -d` says of any text unless it is told better.
_TAKEN_AS_JSON = ("application/json", "application/x-www-form-urlencoded", "")


@dataclass
class Drain:
    """Whether the replica is about to end; whoever balances the load hears of it at `/ready`."""

    begun: bool = False


@dataclass(frozen=True)
class Services:
    """The parts of one replica that the control API calls.

    max_body_bytes: the limit of a request's body, inflated.
    """

    store: Redis
    standing: Standing
    sessions: SessionStore
    ledger: Ledger
    cases: Cases
    captures: CaptureIndex
    closer: Closer
    sink: Sink
    metrics: Metrics
    drain: Drain
    max_body_bytes: int


def services(request: Request) -> Services:
    """The services of the replica that serves a request."""
    held: Services = request.app.state.services
    return held


def caller(request: Request) -> Caller:
    """Whose call this is; that never comes from what the request says of itself."""
    return notes(request.scope).caller


def caller_org(request: Request) -> str:
    """The organisation whose call this is."""
    return caller(request).org


async def any_body(request: Request) -> bytes:
    """The request's body, whatever it is."""
    return await read_body(request.scope, request.receive, services(request).max_body_bytes)


async def json_body(request: Request) -> bytes:
    """The request's body, which must not say that it is something else than JSON.

    Raises `unsupported_media_type` besides what `read_body` raises.
    """
    media = header(request.scope, b"content-type").partition(";")[0].strip().lower()
    if media not in _TAKEN_AS_JSON and not media.endswith("+json"):
        raise ApiError(
            "unsupported_media_type", f"content-type must be application/json, not {media}"
        )
    return await any_body(request)

"""The error catalogue: every error a caller can meet, in one table.

The HTTP status, the stable name and the exit code of each error stand here and nowhere else; the
documentation and the tests are made from this table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class ErrorKind(NamedTuple):
    """One row of the catalogue.

    status: the HTTP status.
    code: the exit status of the command line for this error; it never changes once published.
    when: one sentence for the documentation that says when a caller meets it.
    """

    status: int
    code: int
    when: str


CATALOGUE: Mapping[str, ErrorKind] = {
    "invalid_body": ErrorKind(400, 5, "The body is not JSON or OTLP, or breaks its schema."),
    "invalid_mode": ErrorKind(400, 2, "`mode` is a string other than the three modes."),
    "unauthorized": ErrorKind(401, 6, "The token or key is missing or wrong."),
    "forbidden": ErrorKind(
        403, 6, "The key may not do this: its kind is not known to this version."
    ),
    "session_not_found": ErrorKind(404, 4, "No open session has this id."),
    "not_found": ErrorKind(404, 2, "No such route, schema or capture; to the proxy, a miss."),
    "method_not_allowed": ErrorKind(405, 2, "The route exists, but not for this method."),
    "session_closed": ErrorKind(409, 4, "The session to be closed is closed already."),
    "body_too_large": ErrorKind(413, 5, "The body, inflated, is over `SOFTPROBE_MAX_BODY_BYTES`."),
    "unsupported_media_type": ErrorKind(
        415, 2, "The content type or content encoding is not one the call takes."
    ),
    "rule_validation_failed": ErrorKind(
        422, 5, "Rules break `rule.schema.json`, or a pattern or JSONPath does not compile."
    ),
    "quota_exceeded": ErrorKind(
        429, 7, "A quota of the organisation is used up, or too many of its calls are under way."
    ),
    "internal_error": ErrorKind(500, 1, "A bug: please report it."),
    "store_unavailable": ErrorKind(
        503, 3, "The store did not answer in time, or it is full; try again."
    ),
    "capture_store_unavailable": ErrorKind(
        503, 3, "The capture's destination refused the file; the session stays open."
    ),
    "close_in_progress": ErrorKind(503, 3, "Another call is closing the session; try again."),
}

MAX_DETAILS = 20


class Detail(NamedTuple):
    """One violation in a document: a JSON Pointer and a sentence that never shows a secret."""

    path: str
    message: str


@dataclass(eq=False)
class ApiError(Exception):
    """An error of the catalogue on its way to the caller.

    name: a key of `CATALOGUE`.
    message: one sentence for the caller; never holds a secret.
    details: what is wrong in a document, at most `MAX_DETAILS` of it reach the caller.
    headers: extra response headers, such as `Allow` or `Retry-After`.
    """

    name: str
    message: str
    details: Sequence[Detail] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> ErrorKind:
        """The row of the catalogue."""
        return CATALOGUE[self.name]

    def envelope(self) -> dict[str, object]:
        """The JSON error envelope of http-control-api.md."""
        body: dict[str, object] = {
            "error": self.name,
            "message": self.message,
            "code": self.kind.code,
        }
        if self.details:
            body["details"] = [detail._asdict() for detail in self.details[:MAX_DETAILS]]
        return body


def retry_later(name: str, message: str, seconds: int = 1) -> ApiError:
    """An error that may pass: `Retry-After` is in whole seconds."""
    return ApiError(name, message, headers={"retry-after": str(seconds)})

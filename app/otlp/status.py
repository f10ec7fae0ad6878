"""Errors as OTLP callers read them: the JSON envelope, or `google.rpc.Status` in protobuf."""

import json
from collections.abc import Mapping

from google.rpc import code_pb2
from google.rpc.status_pb2 import Status

from app.errors import ApiError
from app.otlp.media import Media

# The canonical code of each HTTP status in the error catalogue.
CODES: Mapping[int, int] = {
    400: code_pb2.INVALID_ARGUMENT,
    401: code_pb2.UNAUTHENTICATED,
    403: code_pb2.PERMISSION_DENIED,
    404: code_pb2.NOT_FOUND,
    405: code_pb2.INVALID_ARGUMENT,
    409: code_pb2.FAILED_PRECONDITION,
    413: code_pb2.RESOURCE_EXHAUSTED,
    415: code_pb2.INVALID_ARGUMENT,
    422: code_pb2.INVALID_ARGUMENT,
    429: code_pb2.RESOURCE_EXHAUSTED,
    500: code_pb2.INTERNAL,
    503: code_pb2.UNAVAILABLE,
}


def error_body(error: ApiError, media: Media) -> bytes:
    """The body of an error in the caller's medium; a Status's message begins with its name."""
    if media is Media.JSON:
        return json.dumps(error.envelope(), separators=(",", ":")).encode("utf-8")
    status = Status(code=CODES[error.kind.status], message=f"{error.name}: {error.message}")
    return bytes(status.SerializeToString())

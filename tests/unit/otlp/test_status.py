import json

import pytest
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status

from app.errors import CATALOGUE, ApiError
from app.otlp.media import Media
from app.otlp.status import error_body


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_error_has_a_code_and_a_message_that_begins_with_its_name(name: str) -> None:
    """No error of the catalogue is without its canonical code."""
    status = Status.FromString(error_body(ApiError(name, "What happened."), Media.PROTOBUF))
    assert status.code in code_pb2.Code.values()
    assert status.code not in {code_pb2.OK, code_pb2.UNKNOWN}
    assert status.message == f"{name}: What happened."


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("invalid_body", 3),
        ("unsupported_media_type", 3),
        ("session_not_found", 5),
        ("not_found", 5),
        ("forbidden", 7),
        ("body_too_large", 8),
        ("quota_exceeded", 8),
        ("internal_error", 13),
        ("store_unavailable", 14),
        ("unauthorized", 16),
    ],
)
def test_an_error_has_the_code_that_grpc_gives_its_kind(name: str, code: int) -> None:
    """So that an exporter knows what may pass and what may not."""
    assert Status.FromString(error_body(ApiError(name, "x"), Media.PROTOBUF)).code == code


def test_a_json_caller_reads_the_envelope() -> None:
    """The same as on the control API."""
    error = ApiError("invalid_body", "Nö.")
    assert json.loads(error_body(error, Media.JSON)) == error.envelope()

"""The OpenAPI document put to the test: requests are made from it, and answers checked by it."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.api.application import control_api
from tests.servers import Replica

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def document() -> dict[str, Any]:
    """The document, with two places made simple that the generator cannot deal with.

    It knows no strings for the patterns of hosts, and no way to write protobuf (`test_fuzz` does).
    """
    described = control_api(None).openapi()  # type: ignore[arg-type]
    schemas = described["components"]["schemas"]
    for name in ("rule.schema.json", "policy.schema.json"):
        schemas[name]["$defs"]["host"] = {"type": "string"}
    for path in ("/v1/inject", "/v1/traces"):
        del described["paths"][path]["post"]["requestBody"]["content"]["application/x-protobuf"]
    return described


SCHEMA = schemathesis.openapi.from_dict(document())
OPERATIONS = {
    found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)
}
# Bad values can be made only for what a schema restricts.
KINDS = [
    (label, mode)
    for label, operation in OPERATIONS.items()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or operation.body or operation.query
]


@pytest.mark.parametrize(("label", "mode"), KINDS)
@settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=20,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_every_operation_answers_as_it_is_described(
    runtime: Replica, label: str, mode: GenerationMode, data: st.DataObject
) -> None:
    """No 5xx; status, media, headers and body are those of the document."""
    case = data.draw(OPERATIONS[label].as_strategy(generation_mode=mode))
    if "session_id" in case.path_parameters:
        case.path_parameters["session_id"] = runtime.create("capture")
    case.call_and_validate(base_url=runtime.base, checks=CHECKS)

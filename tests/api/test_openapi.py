"""The OpenAPI document agrees with what is served, and its page needs no network."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from app.api.application import control_api
from app.errors import CATALOGUE
from tests.api import otlp
from tests.api.schemas import SCHEMAS
from tests.servers import Replica, Response, Valkey

# What http-control-api.md and otlp-api.md list.
ROUTES = {
    ("get", "/health"),
    ("get", "/ready"),
    ("get", "/metrics"),
    ("get", "/v1/meta"),
    ("get", "/v1/schemas/{name}"),
    ("post", "/v1/sessions"),
    ("get", "/v1/sessions"),
    ("get", "/v1/sessions/{session_id}"),
    ("get", "/v1/sessions/{session_id}/stats"),
    ("post", "/v1/sessions/{session_id}/load-case"),
    ("post", "/v1/sessions/{session_id}/rules"),
    ("get", "/v1/sessions/{session_id}/rules"),
    ("post", "/v1/sessions/{session_id}/policy"),
    ("post", "/v1/sessions/{session_id}/fixtures/auth"),
    ("post", "/v1/sessions/{session_id}/close"),
    ("get", "/v1/captures"),
    ("get", "/v1/captures/{capture_id}"),
    ("get", "/v1/usage"),
    ("post", "/v1/inject"),
    ("post", "/v1/traces"),
}


@pytest.fixture(scope="module")
def document(runtime: Replica) -> dict[str, Any]:
    """The document as it is served."""
    found: dict[str, Any] = runtime.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The document's operations by method and path."""
    return {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    """By a validator of its own kind."""
    validate(document)


def test_the_document_lists_every_call_of_the_contract_and_no_other(
    document: dict[str, Any],
) -> None:
    """Both APIs, whichever application serves them."""
    assert set(operations(document)) == ROUTES


def test_every_described_path_is_served(runtime: Replica, document: dict[str, Any]) -> None:
    """A method that no API has is 405 on each of them, and names those that are described."""
    for path, methods in document["paths"].items():
        answer = runtime.call("DELETE", re.sub(r"\{\w+\}", "x", path))
        assert answer.status == 405, path
        assert answer.headers["allow"].lower().split(", ") == sorted(methods), path


def test_every_published_schema_is_a_component(document: dict[str, Any]) -> None:
    """The schemas are the one truth, so the document holds them all."""
    assert set(document["components"]["schemas"]) == set(SCHEMAS)


def test_every_error_status_of_an_operation_is_in_the_catalogue(document: dict[str, Any]) -> None:
    """And each is described with the name that stands in the envelope."""
    statuses = {str(kind.status) for kind in CATALOGUE.values()}
    for operation in operations(document).values():
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert status in statuses
                assert re.match(r"`[a-z_]+`: ", answer["description"])


def test_every_call_that_needs_a_token_says_so(document: dict[str, Any]) -> None:
    """`/v1/…` has a security requirement and a 401."""
    for (_, path), operation in operations(document).items():
        assert ("security" in operation) == path.startswith("/v1/"), path
        assert ("401" in operation["responses"]) == (path not in ("/health", "/ready")), path


def headers(operation: dict[str, Any], status: int | str) -> set[str]:
    """The names of the headers that a response is described with, in lower case."""
    return {name.lower() for name in operation["responses"][str(status)].get("headers", {})}


def test_what_may_be_tried_again_is_described_with_when(document: dict[str, Any]) -> None:
    """Each 429 and 503 has its `Retry-After`, each 401 says how to log in."""
    always = {"401": "www-authenticate", "429": "retry-after", "503": "retry-after"}
    for (_, path), operation in operations(document).items():
        for status in always.keys() & operation["responses"]:
            assert always[status] in headers(operation, status), (path, status)


def test_calls_that_are_counted_are_described_with_what_is_left(document: dict[str, Any]) -> None:
    """And no others."""
    told = {
        (path, status)
        for (_, path), operation in operations(document).items()
        for status in operation["responses"]
        if {"ratelimit", "ratelimit-policy"} <= headers(operation, status)
    }
    assert told == {("/v1/sessions", "201"), ("/v1/sessions", "429"), ("/v1/traces", "200")}


def test_the_described_headers_are_those_that_are_sent(
    store: Valkey, house: Path, document: dict[str, Any]
) -> None:
    """By a replica with limits: on a create, a refused one, and an upload."""
    url = f"redis://127.0.0.1:{store.port}/7"
    limits = "open_sessions=1,bytes_per_month=1000000"

    def check(path: str, answer: Response) -> None:
        of_quotas = {"retry-after", "ratelimit", "ratelimit-policy"} & set(answer.headers)
        assert of_quotas == headers(document["paths"][path]["post"], answer.status)

    with Replica(house, store_url=url, quotas=limits) as replica:
        session_id = replica.create("capture")
        check("/v1/traces", otlp.upload(replica, otlp.observed(session_id)))
        check("/v1/sessions", replica.post("/v1/sessions", {"mode": "replay"}))
        replica.post(f"/v1/sessions/{session_id}/close")
        check("/v1/sessions", replica.post("/v1/sessions", {"mode": "replay"}))


class _References(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("src", "href") and value]


def test_the_docs_page_refers_to_nothing_outside(runtime: Replica) -> None:
    """Everything that it loads is served by the runtime itself."""
    page = runtime.get("/docs")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = page.body.decode()
    references = _References()
    references.feed(text)
    assert len(references.found) >= 3
    for reference in references.found:
        assert reference.startswith("/"), reference
        assert runtime.get(reference).status == 200, reference
    assert not re.findall(r"https?://", text)
    assert "'/openapi.json'" in text or '"/openapi.json"' in text


def test_the_docs_assets_load_nothing_from_elsewhere(runtime: Replica) -> None:
    """The style sheet imports nothing and names no address of another host."""
    css = runtime.get("/docs/assets/swagger-ui.css").body.decode()
    assert not re.findall(r"@import|url\(['\"]?https?:", css)


def test_the_application_has_no_route_that_the_document_lacks(document: dict[str, Any]) -> None:
    """Beside the document and its page."""
    app = control_api(None)  # type: ignore[arg-type]
    own = {getattr(route, "path", "") for route in app.routes} - {""}
    assert own == {"/openapi.json", "/docs", "/docs/assets", "/docs/oauth2-redirect"}
    served = {path for _, path in ROUTES} - {"/v1/inject", "/v1/traces"}
    assert set(app.openapi()["paths"]) - {"/v1/inject", "/v1/traces"} == served

"""One envelope everywhere: whatever is asked of the server, its refusal has the same form."""

import pytest

from app.errors import CATALOGUE
from app.http.overhead import MAX_HEAD_BYTES
from tests.api import wire
from tests.api.otlp import UNKNOWN_SESSION
from tests.api.schemas import assert_valid
from tests.servers import Replica, Response

ODD_PATHS = [
    b"/",
    b"/v1",
    b"/v1/",
    b"//",
    b"//v1/sessions",
    b"/v1//sessions",
    b"/v1/sessions/",
    b"/v1/inject/",
    b"/v1/traces/x",
    b"/v1/sessions/..%2f",
    b"/v1/sessions/../health",
    b"/v1/sessions/%2e%2e",
    b"/v1/sessions/%00",
    b"/v1/sessions/%ff%fe",
    b"/v1/sessions/%ed%a0%80/stats",
    b"/v1/sessions/%zz",
    b"/v1/sessions/" + b"x" * 5000,
    b"/v1/sessions/" + UNKNOWN_SESSION.encode() + b"%0a",
    b"/v1/sessions/" + UNKNOWN_SESSION.encode().lower(),
    b"/v1/schemas/..%2f..%2fpyproject.toml",
    b"/v1/schemas/%00",
    b"/v1/captures/..%2f..%2fetc%2fpasswd",
    b"/v1/captures/%00",
    b"/docs/assets/",
    b"/docs/assets/%00",
    b"/docs/assets/..%2f..%2f__init__.py",
    b"/docs/assets/" + b"y" * 5000,
    b"/V1/SESSIONS",
    b"/nowhere?x=%ff",
    b"/v1/nowhere%0d%0aset-cookie:a",
]
ODD_METHODS = ["OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"]


def assert_envelope(answer: Response, status: int, name: str) -> None:
    """Fail unless an answer is this error in the one envelope."""
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert_valid("session-error.response.schema.json", body)
    assert (body["error"], body["code"]) == (name, CATALOGUE[name].code)


@pytest.mark.parametrize("path", ODD_PATHS, ids=lambda path: repr(path[:40]))
def test_a_path_that_is_nothing_is_404_in_the_envelope(runtime: Replica, path: bytes) -> None:
    """Trailing slashes, dots, NUL, bytes that are no UTF-8, and escapes of the root alike."""
    [answer] = wire.exchange(runtime, wire.request("GET", path))
    name = answer.json()["error"]
    assert name in ("not_found", "session_not_found")
    assert_envelope(answer, 404, name)


@pytest.mark.parametrize("method", ODD_METHODS)
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/health", "GET"),
        ("/metrics", "GET"),
        ("/v1/sessions", "GET, POST"),
        (f"/v1/sessions/{UNKNOWN_SESSION}", "GET"),
        (f"/v1/sessions/{UNKNOWN_SESSION}/rules", "GET, POST"),
        (f"/v1/sessions/{UNKNOWN_SESSION}/close", "POST"),
        ("/v1/captures", "GET"),
        ("/v1/inject", "POST"),
        ("/v1/traces", "POST"),
        ("/docs/assets/swagger-ui.css", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_405_with_all_methods_of_the_path(
    runtime: Replica, method: str, path: str, allowed: str
) -> None:
    """`Allow` and the message name them."""
    answer = runtime.call(method, path)
    assert_envelope(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed
    assert allowed in answer.json()["message"]


def test_head_is_answered_without_a_body(runtime: Replica) -> None:
    """A path that takes only GET says so in the headers alone, and the connection goes on."""
    head = wire.request("HEAD", b"/health")
    first, second = wire.exchange(runtime, head, wire.request("GET", b"/health"))
    assert (first.status, first.headers["allow"], first.body) == (405, "GET", b"")
    assert second.status == 200


@pytest.mark.parametrize(
    "text",
    [
        b"nonsense\r\n\r\n",
        b"GET /health HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET \xc3\xa4 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"FETCH /health HTTP/1.1\r\n\r\n",
        b"POST /v1/sessions HTTP/1.1\r\ncontent-length: x\r\n\r\n",
        b"POST /v1/sessions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_400_in_the_envelope(runtime: Replica, text: bytes) -> None:
    """The connection is closed after it."""
    [answer] = wire.exchange(runtime, text)
    assert_envelope(answer, 400, "invalid_body")
    assert answer.headers["connection"] == "close"


def test_headers_without_end_are_400_before_they_fill_memory(runtime: Replica) -> None:
    """Far beyond the limit, and never whole."""
    endless = b"GET /health HTTP/1.1\r\nx-a: " + b"a" * (32 * MAX_HEAD_BYTES)
    [answer] = wire.exchange(runtime, endless)
    assert_envelope(answer, 400, "invalid_body")


def test_a_large_header_and_many_of_them_are_taken(runtime: Replica) -> None:
    """Cookies and traces of the field stay under the limit."""
    headers = b"cookie: " + b"c" * 16_000 + b"\r\n"
    headers += b"".join(b"x-%d: y\r\n" % n for n in range(500))
    [answer] = wire.exchange(runtime, wire.request("GET", b"/health", headers))
    assert answer.status == 200


def test_requests_in_a_row_are_answered_in_order(runtime: Replica) -> None:
    """Pipelined over one connection, a large body's end and the next head in one piece."""
    create = wire.request("POST", b"/v1/sessions", b"content-type: application/json\r\n", b"{")
    big = wire.request("POST", b"/v1/sessions", b"", b" " * 300_000 + b"{}")
    answers = wire.exchange(runtime, create, big, wire.request("GET", b"/health"))
    assert [answer.status for answer in answers] == [400, 400, 200]

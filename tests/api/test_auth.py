"""Tokens: who must show one, in what forms, and that nothing is read of who does not."""

import gzip

import pytest

from tests.api import otlp, wire
from tests.api.conftest import METRICS_TOKEN, TOKEN
from tests.api.otlp import UNKNOWN_SESSION
from tests.api.test_envelope import assert_envelope
from tests.servers import Replica

CALLS = [
    ("GET", "/v1"),
    ("GET", "/v1/"),
    ("GET", "/v1/meta"),
    ("GET", "/v1/schemas/case.schema.json"),
    ("POST", "/v1/sessions"),
    ("GET", "/v1/sessions"),
    ("GET", f"/v1/sessions/{UNKNOWN_SESSION}"),
    ("GET", f"/v1/sessions/{UNKNOWN_SESSION}/stats"),
    ("GET", f"/v1/sessions/{UNKNOWN_SESSION}/rules"),
    ("POST", f"/v1/sessions/{UNKNOWN_SESSION}/rules"),
    ("POST", f"/v1/sessions/{UNKNOWN_SESSION}/load-case"),
    ("POST", f"/v1/sessions/{UNKNOWN_SESSION}/policy"),
    ("POST", f"/v1/sessions/{UNKNOWN_SESSION}/fixtures/auth"),
    ("POST", f"/v1/sessions/{UNKNOWN_SESSION}/close"),
    ("GET", "/v1/captures"),
    ("GET", f"/v1/captures/{UNKNOWN_SESSION}"),
    ("POST", "/v1/inject"),
    ("POST", "/v1/traces"),
    ("GET", "/v1/inject"),
    ("DELETE", "/v1/sessions"),
    ("GET", "/v1/nowhere"),
    ("GET", "/v1%2fmeta"),
    ("GET", "/%76%31/meta"),
]
WRONG = [
    {},
    {"authorization": "Bearer wrong"},
    {"authorization": f"Bearer {TOKEN}x"},
    {"authorization": f"Bearer {TOKEN[:-1]}"},
    {"authorization": f"Basic {TOKEN}"},
    {"authorization": TOKEN},
    {"authorization": "Bearer"},
    {"authorization": "Bearer t\xf6ken"},
    {"x-public-key": "wrong"},
    {"x-public-key": "\xff\xfe"},
    {"x-public-key": ""},
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_call_below_v1_needs_the_token(guarded: Replica, method: str, path: str) -> None:
    """Unknown routes and wrong methods too; with the token none of them is 401."""
    assert_envelope(guarded.call(method, path), 401, "unauthorized")
    shown = {"authorization": f"Bearer {TOKEN}"}
    assert guarded.call(method, path, headers=shown).status != 401


@pytest.mark.parametrize("headers", WRONG, ids=lambda headers: ",".join(headers.values()) or "none")
def test_a_missing_or_wrong_token_is_401(guarded: Replica, headers: dict[str, str]) -> None:
    """With the challenge, on both APIs, whatever bytes it is made of."""
    for answer in (
        guarded.get("/v1/sessions", headers=headers),
        guarded.post("/v1/traces", b"", headers=headers),
    ):
        assert_envelope(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {TOKEN}"},
        {"authorization": f"bearer {TOKEN}"},
        {"authorization": f"BEARER  {TOKEN} "},
        {"x-public-key": TOKEN},
        {"authorization": "Bearer wrong", "x-public-key": TOKEN},
    ],
    ids=str,
)
def test_the_token_is_taken_in_each_of_its_forms(guarded: Replica, headers: dict[str, str]) -> None:
    """The scheme ignores case; the proxy's own header is as good."""
    assert guarded.get("/v1/sessions", headers=headers).status == 200
    payload = otlp.question(UNKNOWN_SESSION, otlp.hop())
    assert otlp.send(guarded, "/v1/inject", payload, headers=headers).status == 404


@pytest.mark.parametrize("path", ["/health", "/ready", "/openapi.json", "/docs"])
def test_health_readiness_and_the_description_never_need_a_token(
    guarded: Replica, path: str
) -> None:
    """Nor does a wrong one disturb them."""
    assert guarded.get(path).status == 200
    assert guarded.get(path, headers={"authorization": "Bearer wrong"}).status == 200


def test_without_settings_everything_is_open(runtime: Replica) -> None:
    """Metrics included, and a token that nobody asked for is ignored."""
    for path in ("/v1/meta", "/metrics", "/health"):
        assert runtime.get(path).status == 200
        assert runtime.get(path, headers={"authorization": "Bearer any"}).status == 200


def test_metrics_need_their_own_token(guarded: Replica) -> None:
    """That of the API does not open them, and theirs does not open the API."""
    assert_envelope(guarded.get("/metrics"), 401, "unauthorized")
    for token, metrics, api in ((TOKEN, 401, 200), (METRICS_TOKEN, 200, 401)):
        shown = {"authorization": f"Bearer {token}"}
        assert guarded.get("/metrics", headers=shown).status == metrics
        assert guarded.get("/v1/meta", headers=shown).status == api


@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/inject", "/v1/traces", "/v1/nowhere"])
def test_a_wrong_token_is_401_before_the_body_is_read(guarded: Replica, path: str) -> None:
    """The answer comes although the announced body never does."""
    head = b"content-length: 1000000\r\ncontent-encoding: gzip\r\nauthorization: Bearer no\r\n"
    unsent = b"POST %s HTTP/1.1\r\nhost: x\r\n%s\r\n" % (path.encode(), head)
    [answer] = wire.exchange(guarded, unsent)
    assert_envelope(answer, 401, "unauthorized")


def test_a_wrong_token_is_401_whatever_is_wrong_with_the_body(guarded: Replica) -> None:
    """A bomb, a bad coding and a bad type are not even looked at."""
    bomb = gzip.compress(bytes(64 * 2**20), 9)
    for headers in ({"content-encoding": "gzip"}, {"content-encoding": "br"}):
        answer = guarded.post("/v1/sessions", bomb, headers=headers | {"content-type": "x/y"})
        assert_envelope(answer, 401, "unauthorized")


def test_a_protobuf_caller_reads_its_401_as_a_status(guarded: Replica) -> None:
    """With the error's name first."""
    payload = otlp.question(UNKNOWN_SESSION, otlp.hop())
    for path in ("/v1/inject", "/v1/traces"):
        answer = otlp.send(guarded, path, payload, otlp.PROTOBUF)
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert otlp.status_of(answer).message.startswith("unauthorized: ")

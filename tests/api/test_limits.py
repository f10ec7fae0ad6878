"""Limits of a body: a small gzip that is huge inside costs a refusal and no memory."""

import gzip
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.api import otlp, wire
from tests.api.conftest import TOKEN
from tests.api.test_envelope import assert_envelope
from tests.servers import Replica, Response
from tests.unit.otlp import payloads

LIMIT = 32 * 2**20
MIB = 2**20
# How much a replica may grow over one refused body: the limit, and what allocators keep back.
GROWTH = LIMIT + 48 * MIB
SESSION_CALLS = ["load-case", "rules", "policy", "fixtures/auth", "close"]
CALLS = ["/v1/sessions", "/v1/inject", "/v1/traces", *SESSION_CALLS]

BOMB = gzip.compress(bytes(64 * MIB), 9)
TWO_MEMBERS = gzip.compress(bytes(20 * MIB), 9) * 2
EMPTY_MEMBER = gzip.compress(b"", mtime=0)
EMPTY_MEMBERS = EMPTY_MEMBER * ((LIMIT + MIB) // len(EMPTY_MEMBER))
EMPTY_BLOCKS = EMPTY_MEMBER[:10] + b"\0\0\0\xff\xff" * ((LIMIT + MIB) // 5)
HALF = gzip.compress(b'{"mode":"replay"}', mtime=0)[:20]


def path_of(replica: Replica, call: str) -> str:
    """The path of a call, on a session of its own where it is a session's."""
    if call.startswith("/"):
        return call
    return f"/v1/sessions/{replica.create('capture')}/{call}"


def post(replica: Replica, path: str, body: bytes, coding: str = "", token: str = "") -> Response:
    """Post a body as JSON, perhaps coded."""
    headers = {"content-encoding": coding} if coding else {}
    headers |= {"authorization": f"Bearer {token}"} if token else {}
    return replica.post(path, body, headers=headers)


def peak_memory(replica: Replica) -> int:
    """The most memory that a replica has ever held, in bytes."""
    assert replica.process
    status = Path(f"/proc/{replica.process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


def reset_peak(replica: Replica) -> int:
    """Begin to measure anew; gives what is held now, in bytes."""
    assert replica.process
    Path(f"/proc/{replica.process.pid}/clear_refs").write_text("5")
    return peak_memory(replica)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("body", [BOMB, TWO_MEMBERS], ids=["bomb", "two members"])
def test_gzip_over_the_limit_inside_is_413(runtime: Replica, call: str, body: bytes) -> None:
    """In one member or in two."""
    assert_envelope(post(runtime, path_of(runtime, call), body, "gzip"), 413, "body_too_large")


@pytest.mark.parametrize("path", [b"/v1/sessions", b"/v1/inject", b"/v1/traces"])
@pytest.mark.parametrize("body", [EMPTY_MEMBERS, EMPTY_BLOCKS], ids=["members", "blocks"])
def test_gzip_over_the_limit_as_sent_is_413(runtime: Replica, path: bytes, body: bytes) -> None:
    """However little is inside, with its length told and without."""
    headers = b"content-type: application/json\r\ncontent-encoding: gzip\r\n"
    told = wire.request("POST", path, headers + b"content-length: %d\r\n" % len(body))
    [answer] = wire.exchange(runtime, told)
    assert_envelope(answer, 413, "body_too_large")
    pieces = (body[at : at + MIB] for at in range(0, len(body), MIB))
    [answer] = wire.exchange(runtime, wire.chunked("POST", path, headers, *pieces))
    assert_envelope(answer, 413, "body_too_large")


@pytest.mark.parametrize("call", CALLS)
def test_a_chunked_body_over_the_limit_is_413(runtime: Replica, call: str) -> None:
    """33 MiB whose length nobody told, and the connection is as good as before."""
    headers = b"content-type: application/json\r\n"
    path = path_of(runtime, call).encode()
    request = wire.chunked("POST", path, headers, *[bytes(MIB)] * 33)
    first, second = wire.exchange(runtime, request, wire.request("GET", b"/health"))
    assert_envelope(first, 413, "body_too_large")
    assert second.status == 200


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("body", "coding", "status", "name"),
    [
        (HALF, "gzip", 400, "invalid_body"),
        (b"", "gzip", 400, "invalid_body"),
        (b"{}", "gzip", 400, "invalid_body"),
        (gzip.compress(b"{}", mtime=0) + b"tail", "gzip", 400, "invalid_body"),
        (b"{}", "br", 415, "unsupported_media_type"),
        (b"{}", "gzip, gzip", 415, "unsupported_media_type"),
        (b"{}", "zstd", 415, "unsupported_media_type"),
    ],
    ids=["half", "nothing", "plain", "with a tail", "br", "twice", "zstd"],
)
def test_a_broken_or_unknown_coding_is_refused(
    runtime: Replica, call: str, body: bytes, coding: str, status: int, name: str
) -> None:
    """A gzip cut in half, none at all, and codings that are not taken."""
    assert_envelope(post(runtime, path_of(runtime, call), body, coding), status, name)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_refused_bodies_cost_no_more_memory_than_the_limit(runtime: Replica) -> None:
    """Bombs at every call, and a token in vain."""
    before = reset_peak(runtime)
    for call in CALLS:
        path = path_of(runtime, call)
        for body in (BOMB, TWO_MEMBERS):
            assert post(runtime, path, body, "gzip", "any").status == 413
    assert peak_memory(runtime) - before < GROWTH


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_without_the_token_nothing_is_inflated(guarded: Replica) -> None:
    """401 for all, and the replica does not grow."""
    before = reset_peak(guarded)
    for call in CALLS:
        path = call if call.startswith("/") else f"/v1/sessions/{otlp.UNKNOWN_SESSION}/{call}"
        for token in ("", TOKEN + "x"):
            for body in (BOMB, TWO_MEMBERS):
                assert_envelope(post(guarded, path, body, "gzip", token), 401, "unauthorized")
    assert peak_memory(guarded) - before < 16 * MIB


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "identity"])
def test_gzip_is_accepted_everywhere(runtime: Replica, coding: str) -> None:
    """By both APIs, whatever the case of its name."""

    def coded(body: bytes) -> bytes:
        return body if coding == "identity" else gzip.compress(body)

    session_id = otlp.mocked(runtime)
    policy = post(runtime, f"/v1/sessions/{session_id}/policy", coded(b"{}"), coding)
    assert policy.status == 200
    question = otlp.encoded(otlp.question(session_id, otlp.hop()), otlp.JSON)
    assert post(runtime, "/v1/inject", coded(question), coding).status == 200


def test_a_body_of_exactly_the_limit_is_read(runtime: Replica) -> None:
    """White space to the last byte is no reason for a 413, one byte more is."""
    document = b'{"mode":"replay"}'
    whole = document + b" " * (LIMIT - len(document))
    assert post(runtime, "/v1/sessions", whole).status == 201
    assert_envelope(post(runtime, "/v1/sessions", whole + b" "), 413, "body_too_large")


def test_a_length_over_the_limit_is_413_before_the_body_comes(runtime: Replica) -> None:
    """The announced length is enough."""
    for path in (b"/v1/sessions", b"/v1/inject", b"/v1/traces"):
        head = b"content-type: application/json\r\ncontent-length: %d\r\n" % (LIMIT + 1)
        [answer] = wire.exchange(runtime, wire.request("POST", path, head))
        assert_envelope(answer, 413, "body_too_large")


def test_a_client_that_says_close_reads_its_413_too(runtime: Replica) -> None:
    """However much it still has to send."""
    head = b"connection: close\r\ncontent-type: application/json\r\n"
    request = wire.request("POST", b"/v1/sessions", head, bytes(LIMIT + MIB))
    [answer] = wire.exchange(runtime, request)
    assert_envelope(answer, 413, "body_too_large")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_spans_that_share_a_large_resource_do_not_multiply_in_memory(runtime: Replica) -> None:
    """Each is kept with its resource, but never all of them are made ready at once."""
    session_id = runtime.create("capture")
    spans = [otlp.observed(session_id) for _ in range(200)]
    payload = payloads.traces(*spans, resource={"k": "x" * 512 * 1024})
    before = reset_peak(runtime)
    answer = otlp.send(runtime, "/v1/traces", payload, otlp.PROTOBUF)
    assert otlp.export_result(answer) == (0, "")
    assert peak_memory(runtime) - before < 64 * MIB


def test_a_large_upload_does_not_keep_other_calls_waiting(runtime: Replica) -> None:
    """The payload is read beside them: some are answered before it is."""
    session_id = runtime.create("replay")
    attributes = {f"k{n}": "x" for n in range(20)}
    spans = [otlp.observed(session_id, attributes) for _ in range(5000)]
    body = otlp.encoded(payloads.traces(*spans), otlp.JSON)
    answered = 0
    with ThreadPoolExecutor() as pool:
        uploading = pool.submit(otlp.send, runtime, "/v1/traces", body)
        while not uploading.done():
            answered += runtime.get("/health").status == 200
    assert otlp.export_result(uploading.result()) == (0, "")
    assert answered >= 5

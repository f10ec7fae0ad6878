"""Faults in the middle of a call on the fast lane: of the store, of the client, of the replica."""

import signal
import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest

from app.otlp.media import Media
from tests.api.otlp import encoded, hop, mock, mocked, question, stats
from tests.servers import Replica, Valkey, wait_until

SECONDS = 30.0


def _request(session_id: str, *lines: str, of: dict[str, object] | None = None) -> bytes:
    body = encoded(question(session_id, of or hop()), Media.PROTOBUF)
    head = [
        "POST /v1/inject HTTP/1.1",
        "host: x",
        "content-type: application/x-protobuf",
        f"content-length: {len(body)}",
        *lines,
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


class Client:
    """One connection, on which the session's rules are at hand after the first answer."""

    def __init__(self, replica: Replica) -> None:
        self.session_id = mocked(replica, mock({}))
        self.socket = socket.create_connection(("127.0.0.1", replica.port), SECONDS)
        assert self.ask().status == 200

    def send(self, *lines: str) -> None:
        """Send a question."""
        self.socket.sendall(_request(self.session_id, *lines))

    def answer(self) -> HTTPResponse:
        """Read an answer."""
        answer = HTTPResponse(self.socket, method="POST")
        answer.begin()
        answer.read()
        return answer

    def ask(self) -> HTTPResponse:
        """Send a question and read its answer."""
        self.send()
        return self.answer()


@pytest.fixture
def store() -> Iterator[Valkey]:
    """A store of the test's own."""
    with Valkey() as server:
        yield server


@pytest.fixture
def replica(store: Valkey, tmp_path: Path) -> Iterator[Replica]:
    """A replica with the fast lane."""
    with Replica(tmp_path, store_url=store.url, log_level="debug") as running:
        yield running


def _is_on_the_lane(replica: Replica) -> bool:
    return b'call="confirm_hops"' in replica.get("/metrics").body


@pytest.fixture
def client(replica: Replica) -> Iterator[Client]:
    """A client whose questions take the fast lane: its pipe is up, its rules are at hand."""
    made = Client(replica)

    def is_warm() -> bool:
        assert made.ask().status == 200
        return _is_on_the_lane(replica)

    wait_until(is_warm, "the fast lane")
    yield made
    made.socket.close()


def test_a_store_that_falls_silent_is_503_and_all_is_well_once_it_speaks(
    store: Valkey, client: Client
) -> None:
    """On the same connection; nobody had to open anything."""
    store.signal(signal.SIGSTOP)
    client.send()
    answer = client.answer()
    assert (answer.status, answer.getheader("retry-after")) == (503, "1")
    store.signal(signal.SIGCONT)
    wait_until(lambda: client.ask().status == 200, "the store to be found again")


def test_a_store_that_is_killed_and_started_again_is_found_again(
    store: Valkey, client: Client
) -> None:
    """Every answer meanwhile is a 503."""
    assert store.process
    store.process.kill()
    store.process.wait()
    assert client.ask().status == 503
    store.start()
    wait_until(lambda: client.ask().status == 200, "the store to be found again")


def test_a_drain_answers_what_is_under_way_and_ends_the_connection(
    replica: Replica, store: Valkey, client: Client
) -> None:
    """The exit status is 0."""
    store.signal(signal.SIGSTOP)
    client.send()
    wait_until(lambda: _in_progress(replica) >= 1, "the question to be under way")
    assert replica.process
    replica.process.terminate()
    wait_until(lambda: not _listens(replica), "the drain to begin")
    store.signal(signal.SIGCONT)
    answer = client.answer()
    assert (answer.status, answer.getheader("connection")) == (200, "close")
    assert client.socket.recv(1) == b""
    assert replica.process.wait(SECONDS) == 0


def _in_progress(replica: Replica) -> float:
    """How many requests are under way, less the one that asks."""
    name = b"softprobe_http_requests_in_progress "
    text = replica.get("/metrics").body
    return float(text.partition(b"\n" + name)[2].split(b"\n")[0]) - 1


def _listens(replica: Replica) -> bool:
    try:
        socket.create_connection(("127.0.0.1", replica.port), 1).close()
    except OSError:
        return False
    return True


def test_a_client_that_leaves_half_way_harms_nobody(
    replica: Replica, store: Valkey, client: Client
) -> None:
    """Its hop was decided, and counts."""
    before = stats(replica, client.session_id)["injectedSpans"]
    store.signal(signal.SIGSTOP)
    client.send()
    wait_until(lambda: _in_progress(replica) >= 1, "the question to be under way")
    client.socket.close()
    store.signal(signal.SIGCONT)
    wait_until(lambda: _in_progress(replica) == 0, "the question to end")
    assert stats(replica, client.session_id)["injectedSpans"] == before + 1
    assert b"internal error" not in replica.log.read_bytes()


def test_half_a_request_is_held_for_a_moment_and_then_left_to_the_parser(
    replica: Replica, client: Client
) -> None:
    """Its rest may come at any time, and what stands behind it is answered too."""
    whole = _request(client.session_id)
    client.socket.sendall(whole[:-5])
    wait_until(lambda: _in_progress(replica) >= 1, "the plain lane to take over")
    client.socket.sendall(whole[-5:] + whole)
    assert [client.answer().status for _ in range(2)] == [200, 200]


def test_a_connection_ends_with_the_answer_where_its_client_says_so(client: Client) -> None:
    """As on the plain lane."""
    client.send("connection: close")
    answer = client.answer()
    assert (answer.status, answer.getheader("connection")) == (200, "close")
    assert client.socket.recv(1) == b""


def test_a_body_over_the_replicas_own_limit_is_413(store: Valkey, tmp_path: Path) -> None:
    """Where that is less than what the lane would take."""
    with Replica(tmp_path, store_url=store.url, max_body_bytes="2000") as replica:
        client = Client(replica)
        large = hop() | {"http.request.body": "x" * 2000}
        client.socket.sendall(_request(client.session_id, of=large))
        assert client.answer().status == 413
        client.socket.close()

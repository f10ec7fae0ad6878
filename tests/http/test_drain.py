"""The end of a replica: what is whole is answered, what is idle or half sent does not hold it."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.api import wire
from tests.api.test_envelope import assert_envelope
from tests.http.conftest import GraciousReplica, HastyReplica
from tests.http.test_patience import CREATE, HEALTH, NOWHERE, connected
from tests.proxy import StoreProxy
from tests.servers import Replica, Valkey, wait_until


@pytest.fixture
def ending(store: Valkey, place: Path) -> Iterator[Replica]:
    """A replica that a test ends."""
    with Replica(place, store_url=store.url) as replica:
        yield replica


def refuses_calls(replica: Replica) -> bool:
    """Whether new connections are refused."""
    try:
        socket.create_connection(("127.0.0.1", replica.port), 20).close()
    except OSError:
        return True
    return False


def ends_cleanly(replica: Replica) -> bool:
    """Whether it ended by itself with 0, and its log holds no fault."""
    assert replica.process
    status = replica.process.wait(20)
    log = replica.log.read_text()
    return status == 0 and "Traceback" not in log and '"error"' not in log


def test_idle_and_half_sent_requests_do_not_hold_the_end(ending: Replica) -> None:
    """Connections in every state, and not one of them is left to the end of the drain."""
    half_sent = (CREATE[:-1], HEALTH[:-2], HEALTH + CREATE[:-1], NOWHERE, b"nonsense\r\n\r\n")
    with ExitStack() as stack:
        for sent in (b"", HEALTH, *half_sent):
            stack.enter_context(connected(ending, sent))
        assert ending.get("/health").status == 200
        assert ending.process
        ending.process.terminate()
        assert ends_cleanly(ending)
    assert "timeout graceful shutdown exceeded" not in ending.log.read_text()


@pytest.mark.parametrize("rest", [1, len(CREATE) - 20])
def test_a_half_sent_request_may_still_become_whole(store: Valkey, place: Path, rest: int) -> None:
    """Head or body: it is answered, and the connection closed."""
    with (
        GraciousReplica(place, store_url=store.url) as replica,
        connected(replica, CREATE[:-rest]) as connection,
    ):
        assert replica.get("/health").status == 200
        assert replica.process
        replica.process.terminate()
        wait_until(lambda: refuses_calls(replica), "the end to begin")
        connection.sendall(CREATE[-rest:])
        [answer] = wire.parse(wire.read_all(connection))
        assert (answer.status, answer.headers["connection"]) == (201, "close")
        assert ends_cleanly(replica)


def test_whole_requests_in_a_row_are_all_answered(store: Valkey, place: Path) -> None:
    """Those that wait for the one before them too."""
    with (
        StoreProxy(store.port) as proxy,
        Replica(place, store_url=proxy.url) as replica,
        ThreadPoolExecutor() as pool,
    ):
        proxy.delay = 0.2
        asked = proxy.asked
        calling = pool.submit(wire.converse, replica, CREATE * 3 + HEALTH)
        wait_until(lambda: proxy.asked > asked, "the first call to reach the store")
        assert replica.process
        replica.process.terminate()
        assert [answer.status for answer in calling.result(30)] == [201, 201, 201, 200]
        assert ends_cleanly(replica)


def test_a_call_that_outlasts_the_drain_is_told_so(store: Valkey, place: Path) -> None:
    """503 in the envelope, exit status 0, and no trace in the log."""
    with (
        StoreProxy(store.port) as proxy,
        HastyReplica(place, store_url=proxy.url) as replica,
        ThreadPoolExecutor() as pool,
    ):
        asked = proxy.asked
        proxy.silent = True
        calling = pool.submit(replica.post, "/v1/sessions", {"mode": "replay"})
        wait_until(lambda: proxy.asked > asked, "the call to reach the store")
        assert replica.terminate() == 0
        answer = calling.result(30)
        assert_envelope(answer, 503, "store_unavailable")
        assert "ending" in answer.json()["message"]
        assert "Traceback" not in replica.log.read_text()

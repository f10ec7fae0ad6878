"""Starts and ends: a replica drains at a signal, and what keeps it from starting is one line."""

import contextlib
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.proxy import StoreProxy
from tests.servers import RUNTIME, Replica, Valkey, wait_until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_running_calls_end_and_exits_with_0(
    store: Valkey, folder: Path, number: signal.Signals
) -> None:
    """The call that was waiting for the store is answered; new connections are refused."""
    with (
        StoreProxy(store.port) as proxy,
        Replica(folder, store_url=proxy.url) as replica,
        ThreadPoolExecutor() as pool,
    ):
        assert replica.process
        proxy.delay = 0.2
        asked = proxy.asked
        creating = pool.submit(replica.post, "/v1/sessions", {"mode": "replay"})
        wait_until(lambda: proxy.asked > asked, "the call to reach the store")
        replica.process.send_signal(number)
        assert creating.result(30).status == 201
        assert replica.process.wait(30) == 0
    assert "Traceback" not in replica.log.read_text()


def test_with_a_drain_delay_calls_are_served_while_the_replica_is_unready(
    store: Valkey, folder: Path
) -> None:
    """Whoever balances the load hears of the end before it comes; a second signal hastens it."""
    with Replica(folder, store_url=store.url, drain_delay="10m") as replica:
        assert replica.process
        assert replica.get("/ready").status == 200
        replica.process.send_signal(signal.SIGTERM)
        wait_until(lambda: replica.get("/ready").status == 503, "unreadiness")
        assert replica.get("/health").status == 200
        assert replica.create("replay")
        replica.process.send_signal(signal.SIGTERM)
        assert replica.process.wait(30) == 0


@pytest.mark.parametrize(
    ("host", "token", "warned"),
    [("0.0.0.0", "", True), ("0.0.0.0", "t", False), ("[::1]", "", False)],
)
def test_a_replica_that_is_open_to_others_says_so_at_its_start(
    store: Valkey, folder: Path, host: str, token: str, warned: bool
) -> None:
    """In one line; not where a token is wanted, nor where only this machine reaches it."""
    replica = Replica(folder, store_url=store.url, api_token=token)
    replica.environ["SOFTPROBE_LISTEN_ADDR"] = f"{host}:{replica.port}"
    with contextlib.ExitStack() as ending:
        replica.start(wait=False)
        ending.callback(replica.kill)
        wait_until(lambda: "serves on" in replica.log.read_text(), "the replica to serve")
    lines = [line for line in replica.log.read_text().splitlines() if "needs no token" in line]
    assert len(lines) == int(warned)


def test_an_embedded_replica_ends_with_0_and_keeps_its_data(folder: Path) -> None:
    """Its store is ended after it, with everything written."""
    with Replica(folder) as replica:
        session_id = replica.create("replay")
        assert replica.terminate() == 0
        replica.start()
        assert replica.get(f"/v1/sessions/{session_id}").status == 200


def test_a_second_replica_waits_for_the_data_folder(folder: Path) -> None:
    """A restart that overlaps the end of the one before it finds the folder free in the end."""
    with Replica(folder) as first, contextlib.ExitStack() as ends:
        session_id = first.create("replay")
        second = Replica(folder).start(wait=False)
        ends.push(second)
        assert second.process
        assert first.get("/ready").status == 200
        assert second.process.poll() is None
        assert first.terminate() == 0
        wait_until(lambda: _is_up(second), "the second to be ready")
        assert second.get(f"/v1/sessions/{session_id}").status == 200
        assert second.terminate() == 0


def _is_up(replica: Replica) -> bool:
    try:
        return replica.get("/ready").status == 200
    except OSError:
        return False


def _start_in_vain(folder: Path, **settings: str) -> tuple[int, str]:
    """The exit status and the words of a start that fails."""
    replica = Replica(folder, **settings)
    ended = subprocess.run(
        [str(RUNTIME), "serve"],
        env=replica.environ,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("listen_addr", "nowhere", "127.0.0.1:8080"),
        ("store_url", "http://x", "redis://"),
        ("session_ttl", "soon", "24h"),
        ("log_level", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("api_token", "two words", "printable ASCII"),
    ],
)
def test_a_bad_setting_is_one_line_that_says_what_is_accepted(
    folder: Path, name: str, value: str, accepted: str
) -> None:
    """The variable, its value unless that is a secret, and what would do; exit status 2."""
    status, words = _start_in_vain(folder, **{name: value})
    assert status == 2
    assert len(words.splitlines()) == 1
    assert f"SOFTPROBE_{name.upper()}" in words
    assert accepted in words
    assert (value in words) == (name not in ("api_token", "store_url"))


def test_a_port_in_use_is_one_line(store: Valkey, folder: Path) -> None:
    """It names the address and the variable; the first replica is not disturbed."""
    with Replica(folder, store_url=store.url) as first:
        address = f"127.0.0.1:{first.port}"
        status, words = _start_in_vain(folder, store_url=store.url, listen_addr=address)
        assert status == 2
        assert len(words.splitlines()) == 1
        assert f"cannot listen on {address}" in words
        assert "SOFTPROBE_LISTEN_ADDR" in words
        assert first.get("/ready").status == 200
        assert f"serves on {first.base}" in first.log.read_text()


def test_of_two_starts_at_once_on_one_port_one_serves_and_one_says_why(folder: Path) -> None:
    """Whichever comes second, however close: no trace, and exit status 2."""
    rivals = [Replica(folder, data_dir=str(folder / f"data-{n}")) for n in range(2)]
    with contextlib.ExitStack() as ends:
        for rival in rivals:
            rival.environ["SOFTPROBE_LISTEN_ADDR"] = f"127.0.0.1:{rivals[0].port}"
            rival.base = rivals[0].base
            ends.push(rival.start(wait=False))
        wait_until(lambda: any(_gave_up(rival) for rival in rivals), "one to give up")
        [loser] = [rival for rival in rivals if _gave_up(rival)]
        [winner] = [rival for rival in rivals if rival is not loser]
        wait_until(lambda: _is_up(winner), "the other to serve")
        [line] = loser.log.read_text().splitlines()
        assert "cannot listen on" in line
        assert winner.terminate() == 0


def _gave_up(replica: Replica) -> bool:
    return replica.process is not None and replica.process.poll() == 2

"""The embedded server: it keeps its data, keeps others out, and never outlives the runtime."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis.asyncio

from app.store import embedded, embedded_guard
from app.store.connection import connect
from app.store.embedded import EmbeddedError, EmbeddedServer
from tests.servers import wait_until


async def test_data_is_there_after_a_restart(folder: Path) -> None:
    """What was written before a clean end is read after the next start."""
    for expected in (None, b"1"):
        server = EmbeddedServer(folder)
        await server.start()
        client = connect(server.url)
        assert await client.get("key") == expected
        await client.set("key", "1", ex=60)
        await client.aclose()
        await server.stop()


async def test_a_folder_may_have_any_name(folder: Path) -> None:
    """What has a meaning in URLs too."""
    server = EmbeddedServer(folder / "da#ta ?%41")
    await server.start()
    client = connect(server.url)
    assert await client.ping()
    await client.aclose()
    await server.stop()


async def test_a_second_server_is_kept_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A data folder in use is told of while it is waited for, and the first server lives on."""
    monkeypatch.setattr(embedded, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(embedded, "NOTICE_SECONDS", 0.01)
    first = EmbeddedServer(folder)
    await first.start()
    with pytest.raises(EmbeddedError, match="in use by another runtime"):
        await EmbeddedServer(folder).start()
    assert [line.message for line in caplog.records] == [
        "another runtime uses the data folder: waiting for its end"
    ]
    client = connect(first.url)
    assert await client.ping()
    await client.aclose()
    await first.stop()


@pytest.mark.parametrize("name", ["file", "file/data", "n" * 300])
async def test_a_folder_that_cannot_be_made_is_one_clear_line(folder: Path, name: str) -> None:
    """The error names the setting and the folder."""
    (folder / "file").write_text("")
    with pytest.raises(EmbeddedError, match=rf"SOFTPROBE_DATA_DIR='.*/{name[:20]}.*expected"):
        await EmbeddedServer(folder / name).start()


async def test_a_long_path_is_no_obstacle(folder: Path) -> None:
    """Where the data folder's path is too long for a socket, the socket lies elsewhere."""
    server = EmbeddedServer(folder / ("x" * 120))
    await server.start()
    client = connect(server.url)
    assert await client.ping()
    await client.aclose()
    await server.stop()


HOLDER = """
import asyncio, pathlib, sys
from app.store.embedded import EmbeddedServer
async def main():
    await EmbeddedServer(pathlib.Path(sys.argv[1])).start()
    print("up", flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


def servers_in(folder: Path) -> list[int]:
    """The processes whose command line names the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(folder) in command and b"valkey-server" in command:
                found.append(int(entry.name))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_server_ends_when_the_runtime_is_killed(folder: Path) -> None:
    """Even SIGKILL of the runtime leaves no server behind."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"up\n"
        assert servers_in(folder)
        holder.send_signal(signal.SIGKILL)
    wait_until(lambda: not servers_in(folder), "the server to end")


def answers(folder: Path) -> bool:
    """Whether the store in a folder is there."""
    try:
        with redis.Redis(unix_socket_path=str(folder / "valkey.sock")) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


def server_in(folder: Path) -> int:
    """The one server in a folder, without its guard."""
    [found] = [n for n in servers_in(folder) if "valkey" in str(Path(f"/proc/{n}/exe").readlink())]
    return found


def guard_of(server: int) -> int:
    """The process that guards a server: its parent."""
    status = Path(f"/proc/{server}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("PPid"))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("killed", ["server", "guard", "both"])
async def test_what_dies_is_started_again_on_the_same_data(
    folder: Path, killed: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With one log line, one server, and everything that was acknowledged."""
    server = EmbeddedServer(folder)
    await server.start()
    client = connect(server.url)
    await client.set("key", "1", ex=60)
    old = server_in(folder)
    victims = {"server": [old], "guard": [guard_of(old)], "both": [guard_of(old), old]}
    for victim in victims[killed]:
        os.kill(victim, signal.SIGKILL)
    await asyncio.to_thread(
        wait_until, lambda: old not in servers_in(folder) and answers(folder), "another server"
    )
    assert await client.get("key") == b"1"
    assert server_in(folder) != old
    await client.aclose()
    await server.stop()
    assert servers_in(folder) == []
    [line] = [record.getMessage() for record in caplog.records if record.name == "softprobe.store"]
    assert "started again" in line


async def test_what_cannot_be_started_again_is_tried_on_and_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Until it can be; each time is one line."""
    monkeypatch.setattr(embedded, "FIRST_PAUSE_SECONDS", 0.001)
    server = EmbeddedServer(folder)
    await server.start()
    with monkeypatch.context() as broken:
        broken.setattr(embedded, "_server_options", lambda *_: ["--nonsense"])
        os.kill(server_in(folder), signal.SIGKILL)
        await asyncio.to_thread(
            wait_until, lambda: sum("is down" in x for x in caplog.messages) > 2, "attempts"
        )
    await asyncio.to_thread(wait_until, lambda: answers(folder), "the server to be back")
    await server.stop()


async def test_a_stop_that_comes_with_an_answer_of_the_server_is_not_lost(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is started again: whoever waits for the server would wait for its end."""
    server = EmbeddedServer(folder)
    await server.start()
    asked = asyncio.Event()

    async def ping(_client: object) -> bool:
        asked.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return True

    monkeypatch.setattr(redis.asyncio.Redis, "ping", ping)
    os.kill(server_in(folder), signal.SIGKILL)
    await asked.wait()
    await asyncio.wait_for(server.stop(), 30)


def test_a_server_heeds_an_early_end() -> None:
    """It may be asked to end before it has set up what it does then; its guard ignores that."""
    guard = [sys.executable, "-I", "-S", embedded_guard.__file__]
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen([*guard, *sleeper], stdin=subprocess.PIPE) as running:
        assert running.stdin
        running.stdin.close()
        status = running.wait(30)
    assert status == (-signal.SIGTERM) % 256

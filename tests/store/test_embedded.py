"""The embedded server: it keeps its data, keeps others out, and never outlives the runtime."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.store import embedded
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


async def test_a_second_server_is_kept_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder in use gives one clear line, and the first server lives on."""
    monkeypatch.setattr(embedded, "LOCK_SECONDS", 0.1)
    first = EmbeddedServer(folder)
    await first.start()
    with pytest.raises(EmbeddedError, match="in use by another runtime"):
        await EmbeddedServer(folder).start()
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

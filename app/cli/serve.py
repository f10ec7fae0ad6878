"""`softprobe-runtime serve`: run one replica in the foreground until SIGTERM or SIGINT."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import uvicorn

from app import __version__
from app.api.services import Drain
from app.cli.fairness import let_calls_go_on
from app.fastlane.protocol import FastProtocol
from app.http.patience import IDLE_SECONDS
from app.http.protocol import HttpProtocol
from app.main import replica
from app.settings import (
    ListenAddress,
    SettingError,
    Settings,
    ignored_variables,
    read_settings,
)
from app.store.connection import StoreSetupError
from app.store.embedded import EmbeddedError
from app.telemetry.logs import set_up_logs

# How long running calls may take to end after SIGTERM, in seconds; a close waits 5 s for another.
DRAIN_SECONDS = 20
# How many connections may wait to be accepted.
BACKLOG = 2048


class StartError(Exception):
    """What keeps the replica from starting; the text is one line for the user."""


def _cannot_listen(address: ListenAddress, error: OSError) -> str:
    is_name = isinstance(error, socket.gaierror)
    reason = "there is no such host" if is_name else os.strerror(error.errno or 0)
    where = f"{address.host}:{address.port}"
    return f"cannot listen on {where}: {reason} (set SOFTPROBE_LISTEN_ADDR to another host:port)"


def _bind(address: ListenAddress) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise StartError(_cannot_listen(address, error)) from None
    return listener


def _listen(listener: socket.socket, address: ListenAddress) -> None:
    """Take the port for good; another process may have bound it too, and listened first.

    The event loop's own listening would not tell that, but wait for calls that never come.
    """
    try:
        listener.listen(BACKLOG)
    except OSError as error:
        raise StartError(_cannot_listen(address, error)) from None


def _warn_of_no_token(settings: Settings) -> None:
    if settings.is_open_to_others:
        print(
            f"softprobe-runtime: {settings.listen_addr.host} is open to other machines, and "
            "who reaches it needs no token: set SOFTPROBE_API_TOKEN",
            file=sys.stderr,
        )


def _welcome(listener: socket.socket, settings: Settings) -> str:
    host, port = listener.getsockname()[:2]
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    store = "the store of SOFTPROBE_STORE_URL" if settings.store_url else "the embedded store"
    return f"softprobe-runtime {__version__} serves on http://{where} with {store}"


class _Server(uvicorn.Server):
    """uvicorn, which says when it is ready, and which a signal ends with a clean exit status."""

    def __init__(
        self, config: uvicorn.Config, settings: Settings, welcome: str, drain: Drain
    ) -> None:
        super().__init__(config)
        self._address = settings.listen_addr
        self._delay_seconds = settings.drain_delay / 1000
        self._welcome = welcome
        self._drain = drain

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in sockets or ():
            _listen(listener, self._address)
        await super().startup(sockets)
        print(self._welcome, file=sys.stderr, flush=True)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Drain at a signal; uvicorn's own way raises it once more afterwards, and dies of it."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._begin_to_end, number)
        yield

    def _begin_to_end(self, number: int) -> None:
        """Be unready at once, and take no more calls after the delay; a second signal ends it."""
        if self._drain.begun or not self._delay_seconds:
            self.handle_exit(number, None)
        else:
            loop = asyncio.get_running_loop()
            loop.call_later(self._delay_seconds, self.handle_exit, number, None)
        self._drain.begun = True


async def _serve(settings: Settings) -> None:
    listener = _bind(settings.listen_addr)
    drain = Drain()
    async with replica(settings, drain) as runtime:
        lane = runtime.lane
        config = uvicorn.Config(
            runtime.app,
            http=partial(FastProtocol, lane=lane) if lane else HttpProtocol,  # type: ignore[arg-type]
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        server = _Server(config, settings, _welcome(listener, settings), drain)
        await server.serve(sockets=[listener])


def serve() -> int:
    """Run a replica by the environment's settings; the exit status is 0 after a drain."""
    try:
        settings = read_settings(os.environ)
        for name in ignored_variables(os.environ):
            print(f"softprobe-runtime: {name} is no setting and is ignored", file=sys.stderr)
        _warn_of_no_token(settings)
        set_up_logs(settings.log_level)
        let_calls_go_on()
        loop_factory = uvicorn.Config(app="").get_loop_factory()
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(_serve(settings))
    except (SettingError, StartError, EmbeddedError, StoreSetupError) as error:
        print(f"softprobe-runtime: {error}", file=sys.stderr)
        return 2
    return 0

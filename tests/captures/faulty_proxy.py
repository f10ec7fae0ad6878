"""An HTTP proxy before an emulator, which can refuse, fall silent and count on demand."""

import contextlib
import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length")


class Ask:
    """A request as a fault sees it: its method, its target and how many bytes it carries."""

    def __init__(self, method: str, target: str, size: int) -> None:
        self.method = method
        self.target = target
        self.size = size


def always(_: Ask) -> bool:
    """A fault that befalls every request."""
    return True


def never(_: Ask) -> bool:
    """No fault."""
    return False


class _Fault(NamedTuple):
    """What befalls requests: one value, so that a request sees all of one fault or of another.

    status: what it answers; 0: nothing until it is released. befalls: which requests.
    """

    status: int
    befalls: Callable[[Ask], bool]
    released: threading.Event


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        proxy = self.server.proxy
        ask = Ask(self.command, self.path, len(body))
        proxy.asks.append(ask)
        fault = proxy.fault
        if fault.befalls(ask):
            if fault.status:
                self._answer(fault.status, {}, b"<Error><Code>MadeUp</Code></Error>")
            else:
                fault.released.wait()
                self.close_connection = True
            return
        proxy.under_way.add(ask)
        try:
            self._forward(body)
        finally:
            proxy.under_way.discard(ask)

    def _forward(self, body: bytes) -> None:
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.proxy.upstream)
        with contextlib.closing(upstream):
            upstream.request(self.command, self.path, body, dict(self.headers.items()))
            answer = upstream.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            self._answer(answer.status, headers, answer.read())

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name not in HOP_BY_HOP:
                self.send_header(name, value)
        length = headers.get("content-length", "0") if self.command == "HEAD" else str(len(body))
        self.send_header("content-length", length)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815 (names of http.server)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    proxy: "FaultyProxy"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news here."""


class FaultyProxy:
    """The proxy.

    upstream: the emulator's port.
    fault: what befalls requests now.
    asks: the requests seen since `mend`. under_way: those that the emulator is at.
    """

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.under_way: set[Ask] = set()
        self.asks: list[Ask] = []
        self.fault = _Fault(0, never, threading.Event())

    def mend(self) -> None:
        """Pass everything on from now, and let go of who was kept waiting."""
        former, self.fault = self.fault, _Fault(0, never, threading.Event())
        former.released.set()
        self.asks = []

    def fail(self, status: int, befalls: Callable[[Ask], bool] = always) -> None:
        """Answer some requests with a status, or with silence until `mend` where it is 0."""
        self.fault = self.fault._replace(status=status, befalls=befalls)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exit_info: object) -> None:
        self.mend()
        self._server.shutdown()
        self._server.server_close()

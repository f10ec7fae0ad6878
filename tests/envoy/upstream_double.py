"""A server whose answers the test decides, path by path; it plays the app and the upstream."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHUNK_BYTES = 64 * 1024


@dataclass
class Received:
    """A request as it arrived."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name]


@dataclass
class Response:
    """What to answer: an iterable body is sent chunked, piece by piece."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | Iterable[bytes] = b"from upstream"


Answer = Callable[[Received], Response]


class UpstreamDouble(ThreadingHTTPServer):
    """The server; `answer` sets what a path gives, `received` tells what came."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer] = {}
        self.seen: defaultdict[str, list[Received]] = defaultdict(list)

    @property
    def port(self) -> int:
        """The port that the kernel chose."""
        return int(self.server_address[1])

    @property
    def authority(self) -> str:
        """The server's host and port, as a URL has them."""
        return f"127.0.0.1:{self.port}"

    def answer(self, path: str, response: Response | Answer) -> None:
        """Decide what a path answers from now on."""
        self.answers[path] = response if callable(response) else lambda _: response

    def received(self, path: str) -> list[Received]:
        """The requests that a path has had."""
        return self.seen[path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: UpstreamDouble

    def handle_any(self) -> None:
        path = self.path.partition("?")[0]
        request = Received(self.command, self.path, list(self.headers.items()), self.read_body())
        self.server.seen[path].append(request)
        answer = self.server.answers.get(path)
        self.respond(answer(request) if answer else Response())

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

    def read_body(self) -> bytes:
        if "content-length" in self.headers:
            return self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("transfer-encoding") == "chunked":
            return b"".join(self.read_chunks())
        return b""

    def read_chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def respond(self, response: Response) -> None:
        self.send_response_only(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        if isinstance(response.body, bytes):
            self.send_whole(response.status, response.body)
        else:
            with suppress(ConnectionAbortedError):
                self.send_chunks(response.body)
                return
            self.close_connection = True

    def send_whole(self, status: int, body: bytes) -> None:
        if status not in {204, 304}:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_chunks(self, chunks: Iterable[bytes]) -> None:
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[None]:
    """The server at work in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""A small HTTP service: what the sample app and its upstream have in common."""

import json
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """What a caller asks for; `path` has its query."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What it gets."""

    status: int = 200
    headers: Headers = field(default_factory=list)
    body: bytes = b""


def json_answer(content: Any, status: int = 200, headers: Headers | None = None) -> Answer:
    """An answer in JSON."""
    body = json.dumps(content).encode() + b"\n"
    return Answer(status, [("content-type", "application/json"), *(headers or [])], body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    answer: Callable[[Request], Answer]

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        answer = type(self).answer(Request(self.command, self.path, self.headers, body))
        self.send_response_only(answer.status)
        for name, value in [*answer.headers, ("content-length", str(len(answer.body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = _handle  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: what was asked is told by those who asked."""


def serve(address: str, answer: Callable[[Request], Answer]) -> None:
    """Serve until SIGTERM or SIGINT.

    address: `host:port`. answer: what a request gets.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    host, _, port = address.rpartition(":")
    handler = type("Handler", (_Handler,), {"answer": staticmethod(answer)})
    with ThreadingHTTPServer((host, int(port)), handler) as server:
        server.serve_forever()

"""Calls that the demo makes itself: to the app, as a test would, and to the runtime's API."""

import http.client
import json
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from demo.processes import StageError

TIMEOUT_SECONDS = 30
SESSION_HEADER = "x-softprobe-session-id"
# The hour changes; whoever adds this header, it says nothing about the answer.
NOT_COMPARED = "date"


@dataclass(frozen=True)
class Call:
    """A request to the app; content is sent as JSON."""

    what: str
    method: str
    path: str
    content: object = None


@dataclass(frozen=True)
class Reply:
    """What came back, and after how many milliseconds."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    milliseconds: float

    def header(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key == name]

    def differences(self, other: "Reply") -> list[str]:
        """In what two replies differ; nothing if they are the same."""
        pairs = {
            "status": (self.status, other.status),
            "headers": (self.headers, other.headers),
            "bytes": (self.body, other.body),
        }
        return [name for name, (mine, theirs) in pairs.items() if mine != theirs]


def send(port: int, call: Call, headers: Mapping[str, str] | None = None) -> Reply:
    """One request on a connection of its own. Raises StageError if no answer comes."""
    body = None if call.content is None else json.dumps(call.content)
    fields = {"content-type": "application/json"} if body else {}
    begin = time.perf_counter()
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, TIMEOUT_SECONDS)) as connection:
            connection.request(call.method, call.path, body, fields | dict(headers or {}))
            response = connection.getresponse()
            content = response.read()
    except (OSError, http.client.HTTPException) as error:
        where = f"{call.method} http://127.0.0.1:{port}{call.path}"
        raise StageError(f"{where} got no answer: {error!r}") from error
    listed = [(name.lower(), value) for name, value in response.getheaders()]
    compared = sorted(item for item in listed if item[0] != NOT_COMPARED)
    return Reply(response.status, compared, content, (time.perf_counter() - begin) * 1000)


class Runtime:
    """The runtime's JSON API."""

    def __init__(self, port: int) -> None:
        self._port = port

    def _call(self, method: str, path: str, content: object = None) -> dict[str, Any]:
        reply = send(self._port, Call(path, method, path, content))
        if reply.status not in {200, 201}:
            raise StageError(f"{method} {path} answered {reply.status}: {reply.body.decode()}")
        answer: dict[str, Any] = json.loads(reply.body)
        return answer

    def create(self, mode: str) -> str:
        """Open a session; gives its id."""
        return str(self._call("POST", "/v1/sessions", {"mode": mode})["sessionId"])

    def post(self, session: str, what: str, content: object) -> dict[str, Any]:
        """One of a session's calls."""
        return self._call("POST", f"/v1/sessions/{session}/{what}", content)

    def stats(self, session: str) -> dict[str, Any]:
        """A session's counters."""
        stats: dict[str, Any] = self._call("GET", f"/v1/sessions/{session}/stats")["stats"]
        return stats

    def close(self, session: str) -> dict[str, Any]:
        """End a session."""
        return self.post(session, "close", {})

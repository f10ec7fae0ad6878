"""A request as it is compared with others: in normal form, less what does not count.

The port stands apart: it counts only where both sides name one.
"""

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from app.hop.content import Content
from app.hop.ignore import Ignore
from app.hop.json_value import NOT_JSON, Json, NotJson
from app.hop.model import Hop
from app.hop.redaction import REDACTED
from app.jsonpath.path import JsonPath
from app.jsonpath.work import TooMuchWork, Work, steps_for
from app.recordings.places import without
from app.recordings.query import Parameters, query_of

KEY_BYTES = 16
DIRECTIONS = ("inbound", "outbound")


def ignore_id(ignore: Ignore) -> str:
    """16 hex digits, the same for all spellings of what does not count."""
    words = [sorted(set(ignore.query)), sorted(set(ignore.body_paths)), ignore.body]
    return blake2b(json.dumps(words).encode(), digest_size=8).hexdigest()


def _digest(secret: str, octets: bytes) -> bytes:
    return blake2b(octets, digest_size=KEY_BYTES, key=secret.encode()).digest()


class Line(NamedTuple):
    """What every request has.

    direction: `inbound`, `outbound` or empty for unknown. method: upper case.
    host: in normal form, without the port. path: in normal form.
    """

    direction: str
    method: str
    host: str
    path: str

    @classmethod
    def of(cls, hop: Hop) -> "Line":
        """The line of a hop."""
        direction = hop.direction if hop.direction in DIRECTIONS else ""
        return cls(direction, hop.method.upper(), hop.host.name, hop.path)

    def key(self, ignored: str) -> bytes:
        """The same for equal lines, and for no others.

        ignored: the id of what does not count.
        """
        return _digest(ignored, json.dumps(self).encode())


@lru_cache(maxsize=1000)
def _path(text: str) -> JsonPath:
    return JsonPath.parse(text)


def _body(hop: Hop, ignore: Ignore) -> tuple[bytes, Json | NotJson]:
    """The body less what is ignored, as it came and as JSON."""
    if ignore.body:
        return b"", NOT_JSON
    if hop.json == REDACTED:
        return REDACTED.encode(), NOT_JSON
    if hop.json is NOT_JSON or not ignore.body_paths:
        return hop.plain_body, hop.json
    work = Work(steps_for(hop.plain_body))
    nodes = (node for text in ignore.body_paths for node in _path(text).nodes(hop.json, work))
    places = {node.location for node in nodes}
    return hop.plain_body, None if () in places else without(hop.json, places)


@dataclass(frozen=True, slots=True)
class Request:
    """A request, less what does not count.

    plain: the body without its codings. value: what that says as JSON.
    """

    line: Line
    query: Parameters
    plain: bytes
    value: Json | NotJson

    @classmethod
    def of(cls, hop: Hop, ignore: Ignore) -> "Request | None":
        """The request of a hop, less what is ignored.

        None where a path is too much work for its body: nothing agrees with that.
        """
        query = tuple(pair for pair in query_of(hop) if pair[0] not in ignore.query)
        try:
            plain, value = _body(hop, ignore)
        except TooMuchWork:
            return None
        return cls(Line.of(hop), query, plain, value)

    def on(self, line: Line) -> "Request":
        """The same with another line."""
        return replace(self, line=line)

    def key(self, ignored: str) -> bytes:
        """The same for equal requests, and for no others.

        ignored: the id of what does not count.
        """
        head = json.dumps([self.line, self.query]).encode()
        return _digest(ignored, head + b"\n" + Content.of(self.plain, self.value).key)

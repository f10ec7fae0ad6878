"""Hops as the page on rules writes them, each behind what becomes of it.

`503  POST http://auth.internal/token | inbound | accept: a | tag try = 2 | body {"a": 1}`
"""

import json
import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from app.hop.model import Hop
from app.rules.decision import Blocked, Decision, Miss, Replay
from app.rules.strict_miss import STATUS

_LINE = re.compile(r"(?P<outcome>\S+(?: \S+)?)\s{2,}(?P<method>[A-Z]+) +(?P<url>\S+)(?P<parts>.*)")


class Asked(NamedTuple):
    """A hop, and what the page says of it."""

    outcome: str
    hop: Hop


def outcome(decision: Decision) -> str:
    """A decision in the page's words."""
    if isinstance(decision, Replay):
        return "recording"
    if isinstance(decision, Miss):
        return "upstream" if decision.rule else "no rule"
    return str(STATUS if isinstance(decision, Blocked) else decision.answer.status)


def _parts(parts: list[str]) -> dict[str, Any]:
    """The members of a hop that its parts say."""
    headers: dict[str, tuple[str, ...]] = {}
    tags: dict[str, object] = {}
    members: dict[str, Any] = {"direction": "outbound", "headers": headers, "tags": tags}
    for part in parts:
        word, _, rest = part.partition(" ")
        if part in ("inbound", "outbound"):
            members["direction"] = part
        elif word == "service":
            members["service"] = rest
        elif word == "body":
            members["body"] = rest.encode()
        elif word == "tag":
            name, _, value = rest.partition(" = ")
            tags[name] = json.loads(value)
        else:
            name, _, value = part.partition(": ")
            headers[name.lower()] = (*headers.get(name.lower(), ()), value)
    return members


def asked(line: str) -> Asked:
    """The hop of a line."""
    found = _LINE.fullmatch(line)
    assert found, line
    url = urlsplit(found["url"])
    target = url.path + (f"?{url.query}" if url.query else "")
    parts = _parts(found["parts"].split(" | ")[1:])
    hop = Hop(method=found["method"], authority=url.netloc, target=target, **parts)
    return Asked(found["outcome"], hop)

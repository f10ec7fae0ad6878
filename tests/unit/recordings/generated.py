"""Generated cases and hops, few in kind, so that they often agree and as often only nearly."""

import json
from dataclasses import replace
from random import Random
from typing import Any

from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.hop.redaction import REDACTED

IGNORES = (
    Ignore(),
    Ignore(query=("n",)),
    Ignore(body_paths=("$.id",)),
    Ignore(body_paths=("$.items[*].s", "$..t")),
    Ignore(query=("a", "n"), body_paths=("$.items[0]",)),
    Ignore(body=True),
    Ignore(body_paths=("$",)),
)
_VALUES: tuple[Any, ...] = (1, 1.0, "1", True, None, 2, "x", REDACTED, REDACTED)


def _value(random: Random) -> Any:
    return random.choice(_VALUES)


def _item(random: Random) -> Any:
    return random.choice(({"s": _value(random)}, {"t": _value(random)}, _value(random)))


def _document(random: Random) -> Any:
    keys = random.sample(("id", "a", "t"), random.randrange(3))
    document = {key: _value(random) for key in keys}
    if random.random() < 0.5:
        document["items"] = [_item(random) for _ in range(random.randrange(3))]
    return document


def _body(random: Random) -> bytes:
    kind = random.randrange(7)
    if kind < 4:
        return json.dumps(_document(random)).encode()
    if kind == 4:
        return random.choice(
            (b"", REDACTED.encode(), b'"[redacted]"', b"null", b"x=y", b"\xff\xfe")
        )
    values = ("1", "2", REDACTED, "%5Bredacted%5D")
    return f"u={random.choice(values)}&p={random.choice(values)}".encode()


def _query(random: Random) -> str:
    values = ("1", "2", "", REDACTED, "%5Bredacted%5D")
    pairs = [f"{random.choice('an')}={random.choice(values)}" for _ in range(random.randrange(3))]
    return "&".join(pairs)


def recorded(random: Random) -> Hop:
    """A recorded hop."""
    return Hop(
        direction=random.choice(("outbound", "outbound", "outbound", "inbound", "")),
        method=random.choice(("GET", "GET", "get", "POST")),
        authority=random.choice(("h", "h", "H:80", "h:81", "h.", "other")),
        target=random.choice(("/p", "/p", "/%70", "/q")) + "?" + _query(random),
        body=_body(random),
    )


def _concrete(random: Random, text: str) -> str:
    """The text with each mark replaced, as a hop has it before redaction, or nearly."""
    while (mark := random.choice(('"[redacted]"', "[redacted]", "%5Bredacted%5D"))) in text:
        value = random.choice(("1", "2", "77")) if random.random() < 0.9 else ""
        text = text.replace(mark, json.dumps(value) if mark[0] == '"' else value, 1)
    return text


def asked(random: Random, like: Hop) -> Hop:
    """A hop that is nearly like a recorded one."""
    hop = replace(
        like,
        direction=random.choice(("outbound", "outbound", "inbound", "")),
        authority=random.choice((like.authority, "h", "h:80", "h:81", "h:82")),
        target=_concrete(random, like.target),
        body=_concrete(random, like.body.decode("latin-1")).encode("latin-1"),
    )
    if random.random() < 0.2:
        other = recorded(random)
        hop = replace(hop, body=other.body)
    if random.random() < 0.2:
        hop = replace(hop, target=f"{hop.target}&{_query(random)}")
    # A hop whose whole body is the mark itself is nothing that a service sends.
    return replace(hop, body=b"text") if hop.body.strip(b'"') == REDACTED.encode() else hop

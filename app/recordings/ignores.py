"""What the `replay` rules of a document ignore, and how the store keeps that."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from app.hop.ignore import Ignore
from app.recordings.request import ignore_id
from app.rules.actions import ReplayRecording

REPLAY = "replay"
Ignores = tuple[Ignore, ...]


def ignores_in(rules: Iterable[Mapping[str, Any]]) -> Ignores:
    """What valid rules ignore, each once."""
    thens = (rule["then"] for rule in rules)
    return distinct(ReplayRecording.of(then).ignore for then in thens if then["action"] == REPLAY)


def distinct(ignores: Iterable[Ignore]) -> Ignores:
    """Each once, however it is spelt."""
    return tuple({ignore_id(ignore): ignore for ignore in ignores}.values())


def ids_of(ignores: Ignores) -> str:
    """Their ids, spaces between them."""
    return " ".join(map(ignore_id, ignores))


def write_ignores(ignores: Ignores) -> bytes:
    """They as JSON."""
    listed = [[ignore.query, ignore.body_paths, ignore.body] for ignore in ignores]
    return json.dumps(listed, separators=(",", ":")).encode()


def read_ignores(text: bytes) -> Ignores:
    """The ignores behind their JSON."""
    return tuple(
        Ignore(tuple(query), tuple(paths), body) for query, paths, body in json.loads(text)
    )

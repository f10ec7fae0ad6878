"""The naive comparison of a recorded hop with another, word by word from the contract."""

import json
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any
from urllib.parse import parse_qsl

import jsonpath_rfc9535

from app.hop.host import Host
from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.hop.path import normal_path
from app.hop.redaction import REDACTED

ABSENT = object()


def _query(hop: Hop, ignore: Ignore) -> list[tuple[str, str]]:
    text = hop.target.partition("?")[2] or hop.query_string
    pairs = parse_qsl(text, keep_blank_values=True)
    return [pair for pair in pairs if pair[0] not in ignore.query]


def _same_value(recorded: str, asked: str) -> bool:
    return recorded in (asked, REDACTED)


def _queries_agree(recorded: list[tuple[str, str]], asked: list[tuple[str, str]]) -> bool:
    """Whether some order of the one agrees with the other, pair by pair."""
    return len(recorded) == len(asked) and any(
        all(
            one[0] == other[0] and _same_value(one[1], other[1])
            for one, other in zip(recorded, order, strict=True)
        )
        for order in permutations(asked)
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return ABSENT


def _values_agree(recorded: Any, asked: Any) -> bool:
    if recorded == REDACTED:
        return True
    if isinstance(recorded, bool) or isinstance(asked, bool) or recorded is None or asked is None:
        return recorded is asked
    if isinstance(recorded, Mapping) and isinstance(asked, Mapping):
        return recorded.keys() == asked.keys() and all(
            _values_agree(recorded[key], asked[key]) for key in recorded
        )
    if isinstance(recorded, list) and isinstance(asked, list):
        return len(recorded) == len(asked) and all(map(_values_agree, recorded, asked))
    return bool(recorded == asked)


def _parent(value: Any, location: Sequence[str | int]) -> Any:
    for step in location:
        value = value[step]
    return value


def _left(value: Any, paths: Sequence[str]) -> Any:
    """What is left of a JSON value without what the paths select in it."""
    found = {node.location for path in paths for node in jsonpath_rfc9535.find(path, value)}
    if () in found:
        return ABSENT
    copied = json.loads(json.dumps(value))
    for location in sorted(found, key=lambda steps: [(str(type(s)), s) for s in steps])[::-1]:
        try:
            del _parent(copied, location[:-1])[location[-1]]
        except (KeyError, IndexError, TypeError):
            continue
    return copied


def _forms_agree(recorded: bytes, asked: bytes) -> bool:
    fields, others = recorded.decode("latin-1").split("&"), asked.decode("latin-1").split("&")
    return len(fields) == len(others) and all(
        field == other
        or (
            field.partition("=")[2].replace("%5B", "[").replace("%5D", "]") == REDACTED
            and field.partition("=")[:2] == other.partition("=")[:2]
        )
        for field, other in zip(fields, others, strict=True)
    )


def _bodies_agree(recorded: bytes, asked: bytes, ignore: Ignore) -> bool:
    if ignore.body:
        return True
    if recorded in (REDACTED.encode(), json.dumps(REDACTED).encode()):
        return bool(asked)
    one, other = _json(recorded), _json(asked)
    if one is not ABSENT and other is not ABSENT:
        return _values_agree(_left(one, ignore.body_paths), _left(other, ignore.body_paths))
    if one is not ABSENT or other is not ABSENT:
        return False
    return _forms_agree(recorded, asked)


def _hosts_agree(recorded: Host, asked: Host) -> bool:
    ports = (recorded.port, asked.port)
    return recorded.name == asked.name and (None in ports or ports[0] == ports[1])


def agrees(recorded: Hop, asked: Hop, ignore: Ignore) -> bool:
    """Whether a recorded hop answers another one, but for what is ignored."""
    return (
        recorded.direction in ("", asked.direction)
        and recorded.method.upper() == asked.method.upper()
        and _hosts_agree(Host.parse(recorded.authority), Host.parse(asked.authority))
        and normal_path(recorded.target.partition("?")[0])
        == normal_path(asked.target.partition("?")[0])
        and _queries_agree(_query(recorded, ignore), _query(asked, ignore))
        and _bodies_agree(recorded.body, asked.body, ignore)
    )

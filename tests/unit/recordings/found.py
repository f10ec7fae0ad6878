"""Reads the fields of an index as the store's script does, in Python."""

import re
from collections.abc import Iterable, Mapping, Sequence

from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.recordings.index import BLOCK_NUMBERS, NUMBER_BYTES, Index
from app.recordings.question import Question
from app.recordings.shape import read_shapes

Fields = Mapping[bytes, bytes]
_ENTRY = re.compile(rb"(\d+) (\d+) ?([0-9a-f]*) ?:?(\d*)")


def indexed(hops: Sequence[Hop], ignores: Iterable[Ignore]) -> Fields:
    """The fields of the indexes of some recorded hops."""
    fields: dict[bytes, bytes] = {}
    for ignore in ignores:
        index = Index(ignore)
        for number, hop in enumerate(hops):
            index.add(number, hop)
        fields |= dict(index.fields())
    return fields


def _numbers(fields: Fields, ignored: str, entry: bytes, port: str) -> list[int]:
    found = _ENTRY.fullmatch(entry)
    if not found or (found[4] and port and found[4].decode() != port):
        return []
    count, start = int(found[1]), int(found[2])
    if count == 1:
        return [start]
    numbers = []
    for place in range(start, start + count):
        block = fields[f"o:{ignored}:{place // BLOCK_NUMBERS}".encode()]
        at = place % BLOCK_NUMBERS * NUMBER_BYTES
        numbers.append(int.from_bytes(block[at : at + NUMBER_BYTES], "big"))
    return numbers


def runs(fields: Fields, hop: Hop, ignore: Ignore) -> list[list[int]]:
    """The recordings that agree with a hop, by the request key under which they are kept."""
    question = Question(hop, ignore)
    shapes = read_shapes(fields.get(question.line_field, b"[]"))
    port = question.port
    found = []
    for key in question.fields(shapes):
        keys = [key]
        if port and key + b":" in fields:
            keys = [key + b":", key + b":" + port.encode()]
        found += [_numbers(fields, question.ignored, fields.get(key, b""), port) for key in keys]
    return [run for run in found if run]


def agreeing(fields: Fields, hop: Hop, ignore: Ignore) -> list[int]:
    """The numbers of the recordings that agree with a hop, in captured order."""
    return sorted(number for run in runs(fields, hop, ignore) for number in run)

"""The fields by which a case's recordings are found and handed out, in parts of bounded size."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.hop.ignore import Ignore
from app.recordings.index import Field, Index
from app.recordings.packed import pack
from app.recordings.recording import recordings_of

# How much a part holds: its bytes, and its fields, each of which costs the store time too.
PART_BYTES = 2**20
PART_FIELDS = 2000

Payloads = Iterable[Mapping[str, Any]]


def _index_fields(indexes: Iterable[Index]) -> Iterator[Field]:
    return (field for index in indexes for field in index.fields())


def recording_fields(payloads: Payloads, ignores: Iterable[Ignore]) -> Iterator[Field]:
    """The answers of a case's recordings, and their indexes.

    Raises `invalid_body` at the first place that OTLP cannot read.
    """
    indexes = [Index(ignore) for ignore in ignores]
    for number, (hop, answer) in enumerate(recordings_of(payloads)):
        for index in indexes:
            index.add(number, hop)
        yield b"a:%d" % number, pack(answer)
    yield from _index_fields(indexes)


def index_fields(payloads: Payloads, ignores: Iterable[Ignore]) -> Iterator[Field]:
    """The indexes alone, for a case whose answers are in the store.

    The first field comes when all of the case has been read.
    """
    indexes = [Index(ignore) for ignore in ignores]
    for number, (hop, _) in enumerate(recordings_of(payloads)):
        for index in indexes:
            index.add(number, hop)
    yield from _index_fields(indexes)


def parts(fields: Iterable[Field]) -> Iterator[list[Field]]:
    """The fields in parts of bounded size; a large field may be a part of its own."""
    part: list[Field] = []
    size = 0
    for field in fields:
        part.append(field)
        size += len(field[1])
        if size >= PART_BYTES or len(part) >= PART_FIELDS:
            yield part
            part, size = [], 0
    if part:
        yield part

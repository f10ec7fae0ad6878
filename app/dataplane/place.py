"""The place for the work on a hop: here, in a thread, or in a process of its own."""

import asyncio
import re
from collections.abc import Iterator
from enum import Enum

from app.hop.model import Hop

# What is no more than that takes a few milliseconds, in bytes and in JSON values.
FEW_BYTES, FEW_VALUES = 256 * 2**10, 2000
# A thread gives way to calls, but not while so many values are read or given back.
MANY_BYTES, MANY_VALUES = 4 * 2**20, 100_000
# The same of the rest of a hop, which is gone through part by part: a proxy sends far less.
FEW_HEAD_BYTES, MANY_HEAD_BYTES = 16 * 2**10, 2**20
# About what each text takes beside what it says.
_TEXT_BYTES = 16

_MAY_BE_JSON = re.compile(rb'[ \t\r\n]*+[\[{"]')


class Place(Enum):
    """Where the work is done."""

    HERE = "here"
    THREAD = "thread"
    PROCESS = "process"


def _values(body: bytes) -> int:
    """About how many JSON values there are in a text, and no fewer."""
    return 1 + body.count(b",") + body.count(b"[") + body.count(b"{")


def place_for(body: bytes, times: int = 1) -> Place:
    """The place for work on a body without its codings.

    times: how often it is gone through.
    """
    size, is_json = len(body) * times, _MAY_BE_JSON.match(body) is not None
    values = _values(body) * times if is_json else 0
    if size <= FEW_BYTES and values <= FEW_VALUES:
        return Place.HERE
    # What is not JSON is only hashed, which no call has to wait for.
    is_much = is_json and (size > MANY_BYTES or values > MANY_VALUES)
    return Place.PROCESS if is_much else Place.THREAD


def _texts(hop: Hop) -> Iterator[int]:
    """The lengths of a hop's texts."""
    yield from (len(hop.authority), len(hop.target), len(hop.query_string))
    for name, values in hop.headers.items():
        yield len(name)
        yield from map(len, values)


def place_for_head(hop: Hop) -> Place:
    """The place for work on all of a hop but its body."""
    texts = list(_texts(hop))
    if max(texts) > MANY_HEAD_BYTES:
        return Place.PROCESS
    # Short texts are gone through one by one, between which a thread makes way, however many.
    is_little = sum(texts) + _TEXT_BYTES * len(texts) <= FEW_HEAD_BYTES
    return Place.HERE if is_little else Place.THREAD


def place_for_shapes(shapes: bytes) -> Place:
    """The place for reading a line's shapes, as the store keeps them."""
    if len(shapes) <= FEW_HEAD_BYTES:
        return Place.HERE
    return Place.PROCESS if len(shapes) > MANY_HEAD_BYTES else Place.THREAD


def farthest(*places: Place) -> Place:
    """The place for work that has several parts."""
    return max(places, key=list(Place).index)


async def inflated(hop: Hop) -> bytes:
    """The hop's body without its codings, of which a thread rids it: little may become much."""
    if hop.body and hop.headers.get("content-encoding"):
        return await asyncio.to_thread(lambda: hop.plain_body)
    return hop.plain_body

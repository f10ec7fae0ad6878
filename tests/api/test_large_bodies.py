"""Large bodies: whatever has to be known of one, other calls of the replica go on meanwhile."""

import gzip
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api import otlp
from tests.api.otlp import PROTOBUF, ask, encoded, hop, mock, mocked, question
from tests.servers import Replica, Response
from tests.unit.otlp import payloads

MIB = 2**20
STRICT = {"externalHttp": "strict"}


def many(unit: bytes, size: int) -> bytes:
    """A JSON array of about this size."""
    return b"[" + b",".join([unit] * (size // (len(unit) + 1))) + b"]"


BOMBS: dict[str, bytes] = {
    "ones": many(b"1", 8 * MIB),
    "decimals": many(b"1.5", 8 * MIB),
    "arrays": many(b"[]", 8 * MIB),
    "objects": many(b'{"a":{}}', 8 * MIB),
    "text": b'"' + b"x" * (31 * MIB) + b'"',
    "no JSON": b"x" * (31 * MIB),
}


def gzipped(body: bytes) -> dict[str, object]:
    """A hop with a gzipped body."""
    sent = {"http.request.body": gzip.compress(body, 1)}
    return hop("POST", "/v1", **sent, **{"http.request.header.content-encoding": "gzip"})


def beside(replica: Replica, call: Callable[[], Response]) -> tuple[Response, float]:
    """A call's answer, and the longest wait for one of the calls made beside it, in seconds."""
    worst = 0.0
    with ThreadPoolExecutor() as pool:
        under_way = pool.submit(call)
        while not under_way.done():
            started = time.perf_counter()
            assert replica.get("/health").status == 200
            worst = max(worst, time.perf_counter() - started)
    return under_way.result(), worst

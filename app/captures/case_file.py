"""The case file: a capture's spans as one JSON document, made piece by piece (captures.md).

Pure: the same session and spans give the same bytes, whichever replica writes them.
"""

import json
from collections.abc import Iterable, Iterator

from app.otlp.json_writer import case_trace
from app.store.clock import rfc3339

VERSION = "1.0.0"


def opening(session_id: str, created_ms: int) -> bytes:
    """The document up to its first trace."""
    head = {
        "version": VERSION,
        "caseId": session_id,
        "mode": "capture",
        "createdAt": rfc3339(created_ms),
    }
    return json.dumps(head, separators=(",", ":"))[:-1].encode() + b',"traces":['


def separator(*, first: bool) -> bytes:
    """What stands before a trace."""
    return b"\n" if first else b",\n"


def traces(payloads: Iterable[bytes], *, first: bool) -> Iterator[bytes]:
    """Stored payloads as traces, a line each.

    first: whether the first payload is the document's first trace.
    """
    for payload in payloads:
        yield separator(first=first)
        yield case_trace(payload)
        first = False


CLOSING = b"\n]}\n"

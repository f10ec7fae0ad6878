"""An answer as the store keeps it: status and headers in a line of JSON, then the body."""

import json
import zlib

from app.hop.answer import Answer

# The first byte says what follows.
_PLAIN, _DEFLATED = b"0", b"1"
# Compressing less than this saves nothing worth the time, in bytes.
_WORTHWHILE = 256
_LEVEL = 1


def pack(answer: Answer) -> bytes:
    """The bytes of an answer, compressed where that pays."""
    head = json.dumps([answer.status, answer.headers], separators=(",", ":"))
    octets = head.encode() + b"\n" + answer.body
    if len(octets) >= _WORTHWHILE:
        deflated = zlib.compress(octets, _LEVEL)
        if len(deflated) < len(octets):
            return _DEFLATED + deflated
    return _PLAIN + octets


def unpack(packed: bytes) -> Answer:
    """The answer behind its bytes."""
    octets = packed[1:]
    if packed[:1] == _DEFLATED:
        octets = zlib.decompress(octets)
    head, _, body = octets.partition(b"\n")
    status, headers = json.loads(head)
    return Answer(status, tuple((name, tuple(values)) for name, values in headers), body)

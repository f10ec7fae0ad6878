"""The depth of a JSON text, known without reading it: what is too deep is never parsed."""

import re
from itertools import accumulate

# Deeper texts are no JSON to us. Python's own limit would depend on the caller's depth.
MAX_DEPTH = 200

# Possessive, and with the closing quote optional: linear even over a string that never ends.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(set(range(256)) - set(_STEPS))


def json_depth(text: bytes) -> int:
    """How deep a JSON text nests; of few brackets merely their number, which is no less."""
    if (opened := text.count(b"[") + text.count(b"{")) <= MAX_DEPTH:
        return opened
    brackets = _STRING.sub(b"", text).translate(None, delete=_NO_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)

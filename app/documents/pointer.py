"""JSON Pointers (RFC 6901): the places in a document that an error names."""

from collections.abc import Iterable
from itertools import takewhile

# A longer key is hostile or a mistake: its object is place enough, and the answer stays small.
MAX_TOKEN = 256


def writable(token: str | int) -> bool:
    """Whether a pointer can show this key: it has a UTF-8 form and is not huge."""
    text = str(token)
    return len(text) <= MAX_TOKEN and not any("\ud800" <= char <= "\udfff" for char in text)


def pointer(tokens: Iterable[str | int]) -> str:
    """The pointer to a place; it ends early, at the object, where a key cannot be written.

    tokens: the keys and indices on the way from the root.
    """
    shown = takewhile(writable, tokens)
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in shown)

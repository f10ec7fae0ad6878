"""JSON Pointers (RFC 6901): the places in a document that an error names."""

from itertools import takewhile

# The keys and indices on the way from the root.
Place = tuple[str | int, ...]

# A longer key is hostile or a mistake: its object is place enough, and the answer stays small.
MAX_TOKEN = 256


def _is_writable(token: str | int) -> bool:
    """Whether a pointer can show this key: it has a UTF-8 form and is not huge."""
    text = str(token)
    return len(text) <= MAX_TOKEN and not any("\ud800" <= char <= "\udfff" for char in text)


def pointer(place: Place) -> str:
    """The pointer to a place; it ends early, at the object, where a key cannot be written."""
    shown = takewhile(_is_writable, place)
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in shown)

"""A query string as a multiset of parameters, form-decoded."""

from urllib.parse import unquote_plus, unquote_to_bytes

from app.hop.model import Hop
from app.hop.path import split_target

# Names and values, sorted: order does not count, repetition does.
Parameters = tuple[tuple[str, str], ...]


def _decoded(text: str) -> str:
    # Most text is as it stands, and a query may hold millions of names.
    if "%" not in text and "+" not in text:
        return text
    # Octets that are no UTF-8 stay apart from each other and from all text.
    if text.isascii():
        # The same as below in half the time.
        octets = unquote_to_bytes(text.replace("+", " "))
        return octets.decode("utf-8", "surrogateescape")
    return unquote_plus(text, errors="surrogateescape")


def read_query(query: str) -> Parameters:
    """The parameters of a query string; a name without `=` has an empty value."""
    pieces = (piece.partition("=") for piece in query.split("&") if piece)
    return tuple(sorted((_decoded(name), _decoded(value)) for name, _, value in pieces))


def query_of(hop: Hop) -> Parameters:
    """The parameters of a hop, whether they came in its target or apart from it."""
    return read_query(split_target(hop.target)[1] or hop.query_string)

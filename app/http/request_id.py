"""Request ids: the caller's where it is fit to be written down, else one of our own."""

import itertools
import re
import secrets
from collections.abc import Callable

HEADER = b"x-request-id"
MAX_LENGTH = 128

# Nothing that could end a header or a log line, or be taken for markup; and nothing that begins as
# a key does, which is not to be written down.
_FIT = re.compile(rb"(?!sp_[a-z]+_)[A-Za-z0-9._~:/+=@-]{1,%d}" % MAX_LENGTH)
# No two processes share it; counting on from it costs next to nothing.
_OWN = secrets.token_hex(8).encode()
_numbered = _OWN + b"-%x"
# Gives an id that no other request has, as bytes.
next_request_id: Callable[[], bytes] = map(_numbered.__mod__, itertools.count(1)).__next__


def new_request_id() -> str:
    """An id that no other request has."""
    return next_request_id().decode()


def request_id_bytes(sent: bytes) -> bytes:
    """The id of a request as it goes into the head of its answer."""
    if sent and _FIT.fullmatch(sent):
        return sent
    return next_request_id()


def request_id(sent: bytes) -> str:
    """The id of a request.

    sent: what the caller calls it; empty if it does not say.
    """
    return request_id_bytes(sent).decode("ascii")

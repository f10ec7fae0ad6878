"""Session ids: `sess_` and a ULID, 48 bits of time and 80 of a cryptographic random source."""

import re
import secrets
import threading
import time

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX = "sess_"
_SHAPE = re.compile(rf"{PREFIX}[0-7][{ALPHABET}]{{25}}")


class _Clock:
    """Milliseconds that never stand still, so that ids of one replica sort as they were made."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def tick(self) -> int:
        with self._lock:
            self._last = max(self._last + 1, time.time_ns() // 1_000_000)
            return self._last


_clock = _Clock()


def _ulid(milliseconds: int, entropy: int) -> str:
    value = milliseconds << 80 | entropy
    return "".join(ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))


def new_session_id() -> str:
    """A fresh id; whoever knows it may use the session."""
    return PREFIX + _ulid(_clock.tick(), secrets.randbits(80))


def new_tag() -> str:
    """A random text that tells one write to a session from any other."""
    return secrets.token_hex(8)


def is_session_id(text: str) -> bool:
    """Whether a text has the form of an id; no other text is ever looked up in the store."""
    return _SHAPE.fullmatch(text) is not None

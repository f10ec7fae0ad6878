"""Keys of callers: what one looks like, and what alone is kept of it.

A key is `sp_`, its kind and 160 random bits. Only its SHA-256 is written down: it needs no salt,
since nobody can try 2 to the 160 keys.
"""

import base64
import hashlib
import re
import secrets

KINDS = ("live", "ci", "test")

_RANDOM_BYTES = 20
_SHAPE = re.compile(rb"sp_[a-z]{1,16}_[a-z2-7]{32}")


def new_key(kind: str) -> str:
    """A fresh key; whoever knows it may do what its kind may.

    kind: one of `KINDS`.
    """
    return f"sp_{kind}_{base64.b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode().lower()}"


def new_key_id() -> str:
    """A fresh name for a key, by which people and logs speak of it."""
    return f"key_{secrets.token_hex(8)}"


def is_key(presented: bytes) -> bool:
    """Whether this has the form of a key; nothing else is ever looked up in the store."""
    return _SHAPE.fullmatch(presented) is not None


def digest_of(key: bytes) -> str:
    """The SHA-256 of a key in hex."""
    return hashlib.sha256(key).hexdigest()

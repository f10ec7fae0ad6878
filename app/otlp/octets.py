"""Bytes in text: hex and base64, read the way OTLP JSON and its writers spell them."""

import base64
import binascii

_URL_SAFE = str.maketrans("-_", "+/")


def from_hex(text: str) -> bytes | None:
    """The bytes of a hex string in any case; None if it is not hex."""
    try:
        return binascii.unhexlify(text)
    except ValueError:
        return None


def from_base64(text: str) -> bytes | None:
    """The bytes of base64 text, standard or URL-safe, padded or not; None if it is not base64."""
    bare = text.translate(_URL_SAFE).rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        return None


def to_base64(octets: bytes) -> str:
    """The bytes as standard, padded base64."""
    return base64.b64encode(octets).decode("ascii")

"""A fingerprint: the same for hops of equal method, host, path and body in their normal forms."""

from hashlib import sha256

from app.hop.model import Hop


def fingerprint(hop: Hop) -> str:
    """64 hex digits; the host's port and the query do not count."""
    texts = (hop.method.upper(), hop.host.name, hop.path)
    parts = [*(text.encode("utf-8", "surrogatepass") for text in texts), hop.content.key]
    # Each part is hashed by itself, so that none can run into the next.
    return sha256(b"".join(sha256(part).digest() for part in parts)).hexdigest()

"""A request's head, where we ask for more than the parser does (RFC 9112)."""

from collections.abc import Iterable

import httptools

from app.errors import ApiError

Headers = Iterable[tuple[bytes, bytes]]

_VERSIONS = ("1.0", "1.1")


def _bad(message: str) -> ApiError:
    return ApiError("invalid_body", message)


def check_head(version: str, headers: Headers) -> None:
    """Raises `invalid_body` for another HTTP version or a body whose end we could not tell.

    version: as in `1.1`. headers: with names in lower case.
    """
    if version not in _VERSIONS:
        raise _bad("this is no HTTP/1.1 request")
    for name, value in headers:
        if name == b"transfer-encoding" and not (
            version == "1.1" and value.strip().lower() == b"chunked"
        ):
            raise _bad("transfer-encoding must be chunked alone, in HTTP/1.1")


def origin_form(target: bytes) -> bytes:
    """`http://host/path?query` as `/path?query`; any other target is left as it is."""
    if target.startswith(b"/"):
        return target
    url = httptools.parse_url(target)
    if not url.schema:
        return target
    return (url.path or b"/") + (b"?" + url.query if url.query else b"")


def without_upgrade(method: bytes, target: bytes, version: str, headers: Headers) -> bytes:
    """The bytes of a head, less its `upgrade` header."""
    lines = [b"%s %s HTTP/%s" % (method, target, version.encode())]
    lines += [b"%s: %s" % header for header in headers if header[0] != b"upgrade"]
    return b"\r\n".join([*lines, b"", b""])

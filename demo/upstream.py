"""The upstream: a payment and catalogue service. `python -m demo.upstream HOST:PORT`.

Its answers hold a number drawn at random, so that no two of them are alike: what is the same twice
was recorded.
"""

import json
import secrets
import sys
import zlib
from struct import pack

from demo.service import Answer, Request, json_answer, serve


def _chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))


def _picture() -> bytes:
    """A PNG of 16 by 16 random grey pixels."""
    rows = b"".join(b"\0" + secrets.token_bytes(16) for _ in range(16))
    head = pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _catalogue() -> Answer:
    products = [{"id": 7, "name": "caf\u00e9 cup", "stock": secrets.randbelow(1000)}]
    return json_answer({"products": products})


def _charge(request: Request) -> Answer:
    wanted = json.loads(request.body)
    return json_answer({"id": f"ch_{secrets.token_hex(8)}", "status": "succeeded", **wanted}, 201)


def _login() -> Answer:
    cookies = [
        f"sid={secrets.token_hex(8)}; Path=/; HttpOnly",
        f"seen={secrets.token_hex(4)}; Expires=Wed, 09 Jun 2027 10:18:14 GMT; Path=/",
    ]
    return json_answer({"user": "ada"}, headers=[("set-cookie", cookie) for cookie in cookies])


def answer(request: Request) -> Answer:
    """What the upstream answers."""
    match request.method, request.path.partition("?")[0]:
        case "GET", "/catalogue":
            return _catalogue()
        case "POST", "/charges":
            return _charge(request)
        case "POST", "/login":
            return _login()
        case "GET", "/pictures/7":
            return Answer(200, [("content-type", "image/png")], _picture())
    return json_answer({"error": "not_found", "request": secrets.token_hex(4)}, 404)


if __name__ == "__main__":
    serve(sys.argv[1], answer)

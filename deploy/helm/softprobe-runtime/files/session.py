"""What `helm test` runs: open a session through the Service, read it, close it.

With keys there is none to call with; then a refusal says that the runtime asks for one.
"""

import json
import os
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

BASE = os.environ["RUNTIME_URL"]
EXPECTED = int(os.environ["EXPECTED_STATUS"])
TOKEN = os.environ.get("API_TOKEN", "")
SECONDS = 10


def call(method: str, path: str, content: object = None) -> tuple[int, dict[str, object]]:
    """A call to the runtime: its status and its document."""
    headers = {"content-type": "application/json"}
    headers |= {"authorization": f"Bearer {TOKEN}"} if TOKEN else {}
    body = None if content is None else json.dumps(content).encode()
    request = Request(BASE + path, body, headers, method=method)  # noqa: S310 the Service's own address
    try:
        with urlopen(request, timeout=SECONDS) as reply:  # noqa: S310
            return reply.status, json.load(reply)
    except HTTPError as refusal:
        return refusal.code, json.load(refusal)


def expect(wanted: int, method: str, path: str, content: object = None) -> dict[str, object]:
    """The document of a call that has to answer with this status."""
    status, document = call(method, path, content)
    if status != wanted:
        sys.exit(f"{method} {path}: expected {wanted}, got {status} {document}")
    return document


def main() -> None:
    """Open, read and close."""
    session = expect(EXPECTED, "POST", "/v1/sessions", {"mode": "replay"}).get("sessionId")
    if session:
        expect(200, "GET", f"/v1/sessions/{session}")
        expect(200, "POST", f"/v1/sessions/{session}/close", {})
    sys.stdout.write("the runtime answers as it should\n")


main()

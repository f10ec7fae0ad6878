"""The app under test: a shop. `python -m demo.sample_app HOST:PORT UPSTREAM_URL`.

It knows nothing of capture and replay. Like any app with tracing it hands `traceparent` and
`tracestate` on to the calls that it makes, and it makes them through `http_proxy`.
"""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message

from demo.service import Answer, Request, json_answer, serve

TRACING = ("traceparent", "tracestate")
PASSED_ON = ("content-type", "set-cookie", "x-softprobe-strict-miss")
PRICE_CENTS = 1999


class Upstream:
    """The service that the shop depends on."""

    def __init__(self, url: str) -> None:
        self._url = url

    def call(self, request: Request, path: str, content: object = None) -> Answer:
        """Ask for a path on behalf of a request; content is sent as JSON by POST."""
        headers = {name: request.headers[name] for name in TRACING if name in request.headers}
        body = None if content is None else json.dumps(content).encode()
        if body is not None:
            headers["content-type"] = "application/json"
        call = urllib.request.Request(self._url + path, body, headers)
        try:
            with urllib.request.urlopen(call, timeout=30) as response:
                return Answer(response.status, _passed_on(response.headers), response.read())
        except urllib.error.HTTPError as response:
            with response:
                return Answer(response.code, _passed_on(response.headers), response.read())
        except OSError as error:
            return json_answer({"error": "upstream_away", "message": str(error)}, 502)


def _passed_on(headers: Message) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in headers.items() if name.lower() in PASSED_ON]


def _order(request: Request, upstream: Upstream) -> Answer:
    order = json.loads(request.body)
    amount = {"amount": order["quantity"] * PRICE_CENTS, "currency": "EUR"}
    charge = upstream.call(request, "/charges", amount)
    if charge.status != 201:
        return charge
    return json_answer({"order": order, "charge": json.loads(charge.body)}, 201)


def shop(upstream: Upstream) -> Callable[[Request], Answer]:
    """What the shop answers, given its upstream."""

    def answer(request: Request) -> Answer:
        match request.method, request.path:
            case "GET", "/health":
                return json_answer({"status": "ok"})
            case "GET", "/products":
                return upstream.call(request, "/catalogue?currency=EUR")
            case "POST", "/orders":
                return _order(request, upstream)
            case "POST", "/login":
                return upstream.call(request, "/login", {"user": "ada"})
        return upstream.call(request, request.path.replace("/products", "/pictures", 1))

    return answer


if __name__ == "__main__":
    serve(sys.argv[1], shop(Upstream(sys.argv[2])))
